"""Names for generated hand-overs: pools by origin with the commonest first, nicknames, and couples easily mixed up.

The skew matters more than the names: a few are on very many people and a long tail on hardly anybody, so that a large
school has many people of one full name, and a matcher that takes a full name for proof is found out.
"""

from collections.abc import Sequence
from functools import cache
from itertools import accumulate
from random import Random
from typing import NamedTuple


class Origin(NamedTuple):
    """Names of one origin. `share`: of how many families in a hundred; `keeps`: how many wives in a hundred keep the
    surname they were born with; `tail`: how often in a hundred a surname is a rare one, of the syllables `rare`;
    `rare_given`: the same for given names, for women, men and the second syllable of both."""

    share: int
    keeps: int
    tail: int
    surnames: tuple[str, ...]
    women: tuple[str, ...]
    men: tuple[str, ...]
    rare: tuple[tuple[str, ...], tuple[str, ...]]
    rare_given: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]] = ((), (), ())

    def given(self, rng: Random, sex: str) -> str:
        women, men, second = self.rare_given
        if second and rng.random() < 0.5:
            return rng.choice(women if sex == "F" else men) + rng.choice(second)
        return skewed(rng, self.women if sex == "F" else self.men)

    def surname(self, rng: Random) -> str:
        if rng.random() * 100 < self.tail:
            return rng.choice(self.rare[0]) + rng.choice(self.rare[1])
        return skewed(rng, self.surnames)


def skewed(rng: Random, pool: Sequence[str]) -> str:
    """One of `pool`, the first far more often than the last."""
    return rng.choices(pool, cum_weights=_weights(len(pool)))[0]


@cache
def _weights(count: int) -> tuple[float, ...]:
    # Nothing but division and addition: powers and logarithms differ in the last bit between machines.
    return tuple(accumulate(1 / (rank + 3) for rank in range(count)))


def _pool(names: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in names.split(","))


# Rare surnames are put together, as the real ones once were.
_ENGLISH = (
    _pool(
        "Ash, Black, Brad, Brom, Carl, Chad, Cold, Crow, Dun, East, Fair, Farn, Gold, Hart, Haw, Hol, Kings, Lang, "
        "Long, Mar, Nor, Oak, Pen, Rams, Red, Rush, Shel, Stan, Stock, Sut, Thorn, Wake, Wal, West, Whit, Win, Wood, "
        "Wor, Alder, Birch, Copper, Hather, Ketter, Lether, Mill, Pether, Summer, Tather, Weather"
    ),
    _pool(
        "berry, bourne, bridge, brook, bury, by, combe, den, field, ford, ham, hurst, land, ley, low, man, mere, mond, "
        "more, ridge, shaw, stead, stone, thorpe, ton, ville, ward, well, wick, worth"
    ),
)
_ROMAN = (
    _pool("Albert, Barb, Bell, Bern, Capp, Castell, Fer, Fior, Gall, Giac, Lucch, Mart, Mont, Pell, Rom, Sant, Tomm"),
    _pool("acci, ani, ato, elli, enti, eri, etti, iani, inelli, ini, oni, otti, ucci"),
)
_HELLENIC = (
    _pool("Alex, Anast, Athan, Christ, Dim, Efth, Giann, Kat, Kost, Lamb, Mavr, Mich, Panag, Stath, Theod, Vas, Zach"),
    _pool("akis, akos, aras, atos, ellis, iadis, idis, opoulos, oulis, ou"),
)
_SOUTH_ASIAN = (
    _pool("Agar, Bala, Bhan, Chand, Gana, Gopal, Jaya, Kris, Maha, Nara, Raja, Rama, Sara, Siva, Sundar, Venka, Vij"),
    _pool("darajan, dran, kar, krishnan, moorthy, nathan, raj, ram, singham, swamy, wal, wani"),
)
_LEVANTINE = (
    ("Abu ", "Al-", "El-", "Al ", "El ", "Ben "),
    _pool("Amin, Badawi, Daher, Fares, Ghanem, Hamdan, Issa, Jaber, Kassem, Massoud, Najm, Rahal, Sabbagh, Taha, Zein"),
)
_POLYNESIAN = (
    _pool("Fa, Fale, Fono, Kau, Lau, Leau, Mata, Moa, Pale, Sau, Taga, Tau, Toa, Tui, Ula, Vai"),
    _pool("fua, lelei, loa, mua, nuku, pepe, ta, taga, tele, toa, vai, vasa"),
)

ANGLO = Origin(
    46,
    22,
    55,
    _pool(
        "Smith, Jones, Williams, Brown, Wilson, Taylor, Johnson, White, Anderson, Martin, Thompson, Thomas, Walker, "
        "Harris, Lee, Ryan, Robinson, Kelly, King, Campbell, Davis, Wright, Evans, Roberts, Green, Hall, Wood, Price, "
        "Clarke, Hill, Scott, Young, Mitchell, Turner, Edwards, Moore, Cooper, Murphy, Stewart, Hughes, Miller, Mason, "
        "O'Brien, Watson, Bell, Baker, McDonald, Phillips, Graham, Davies, Allen, Bennett, Gray, Collins, O'Connor, "
        "Murray, Fraser, MacKenzie, Marshall, Webb, Fitzgerald, Doyle, Lloyd-Jones, St John, McCarthy, O'Sullivan, "
        "Bowes-Carter, Parker-Hill, Quinn, Byrne"
    ),
    _pool(
        "Michelle, Nicole, Rebecca, Sarah, Lisa, Jennifer, Karen, Amanda, Katherine, Melissa, Elizabeth, Kate, Emma, "
        "Jane, Julie, Fiona, Susan, Catherine, Rachel, Samantha, Belinda, Danielle, Kylie, Natalie, Christine, Kim, "
        "Anna, Joanne, Sally, Alison, Margaret, Jessica, Victoria, Helen, Tracey, Deborah, Megan, Louise, Vanessa, "
        "Anne, Marie, Claire, Jacqueline, Leanne, Penelope, Zoë, Renée, Chloë, Siân, Anne-Marie, Mary Jane, Jan, "
        "Robyn, Bronwyn, Gabrielle, Philippa, Alexandra, Christina, Terri, Leigh, Pamela, Patricia"
    ),
    _pool(
        "David, Michael, Andrew, Peter, Mark, Matthew, Paul, Daniel, Christopher, Robert, Stephen, James, John, "
        "Anthony, Scott, Simon, Jason, Craig, Adam, Timothy, Benjamin, Brett, William, Nicholas, Steven, Thomas, "
        "Richard, Gregory, Darren, Ian, Cameron, Glenn, Geoffrey, Patrick, Adrian, Stuart, Philip, Nathan, Samuel, "
        "Jonathan, Joseph, Edward, Alexander, Shane, Kim, Lee, Terry, Jon, Bradley, Luke, Charles, George, Henry, "
        "Rhys, André, Leigh, Kenneth, Ronald, Gerard, Lachlan"
    ),
    _ENGLISH,
)
ITALIAN = Origin(
    9,
    24,
    50,
    _pool(
        "Rossi, Russo, Romano, Ferrari, Esposito, Bianchi, Marino, Greco, De Luca, Caruso, Di Stefano, Lombardi, "
        "D'Angelo, Conti, Santoro, Rizzo, Gallo, Ricci, Bruno, Leone, Nicolò, Del Vecchio, Barbaro, Sergi, Calabrese"
    ),
    _pool(
        "Maria, Rosa, Lucia, Anna, Angela, Francesca, Giovanna, Daniela, Carla, Teresa, Silvana, Paola, Antonella, "
        "Concetta, Nicoletta, Andrea, Josephine, Carmela, Rita, Sandra"
    ),
    _pool(
        "Giuseppe, Antonio, Frank, Marco, Domenic, Tony, Sam, Vincenzo, Roberto, Paolo, Carlo, Daniel, John, Andrea, "
        "Salvatore, Joe, Robert, Angelo, Nicola, Francesco"
    ),
    _ROMAN,
)
GREEK = Origin(
    6,
    24,
    50,
    _pool(
        "Papadopoulos, Georgiou, Pappas, Nikolaidis, Dimitriou, Karagiannis, Stavrou, Vlahos, Economou, Christou, "
        "Angelopoulos, Kostopoulos, Ioannou, Katsaros, Lambropoulos, Samaras, Theodorou, Zervos"
    ),
    _pool(
        "Maria, Eleni, Helen, Georgia, Sophia, Vicki, Katerina, Anastasia, Despina, Irene, Voula, Toula, Christina, "
        "Effie, Angela, Dimitra"
    ),
    _pool(
        "George, Nick, Peter, Con, John, Antonios, Dimitrios, Theo, Spiros, Bill, Steve, Angelo, Konstantinos, "
        "Vasilios, Christos, Panagiotis"
    ),
    _HELLENIC,
)
VIETNAMESE = Origin(
    9,
    90,
    2,
    _pool("Nguyen, Tran, Le, Pham, Nguyễn, Huynh, Hoang, Vo, Phan, Dang, Bui, Do, Ho, Ngo, Duong, Ly, Truong, Vu"),
    _pool(
        "Thi Hoa, Thi Lan, Thi Mai, Thi Thu, Kim, Thi Hương, Thanh, Ngoc Anh, Thi Lien, Thu Trang, Thi Phuong, Linh, "
        "Bich Van, Hong, Minh, Thi Kim Chi, Jenny, Lan Anh"
    ),
    _pool(
        "Van Minh, Minh, Duc, Thanh, Hung, Van Nam, Tuan, Quang Huy, Tuan Anh, Hai, Quoc Bao, Duy, Van Hai, Long, "
        "Khanh, Tony, Andy, Phuc"
    ),
    _ENGLISH,
    (
        _pool("Thi B, Thi H, Thi L, Thi Ng, Thi Ph, Thi T, Kim H, Kim L, Thu H, Ngoc L, Ngoc H, My L"),
        _pool("Van H, Van L, Van T, Van Ph, Quoc T, Quang H, Duc L, Minh T, Dinh H, Huu L, Xuan T"),
        _pool("a, ai, am, an, anh, ang, ao, ien, inh, oa, oan, on, ong, uan, ung, uong, uy, uyen"),
    ),
)
CHINESE = Origin(
    11,
    90,
    3,
    _pool(
        "Wang, Li, Zhang, Chen, Liu, Lin, Yang, Huang, Wong, Zhao, Wu, Xu, Chan, Zhou, Ng, Tan, Lau, Leung, Lim, Xie, "
        "Ho, Cheung, Ma, Lü, Ouyang, Ong"
    ),
    _pool(
        "Li, Mei, Jing, Xiao Yan, Yan, Ying, Fang, Hui Min, Xiao Yun, Mei Ling, Wai Yee, Li Na, Grace, Xue, Shu Fen, "
        "Wei, Amy, Lily, Jie, Xiaoli"
    ),
    _pool(
        "Wei, Jun, Ming, Lei, Hao, Jian Guo, Tao, Yong, Kai Ming, Feng, Jie, Chun Kit, Zhi Wei, Bin, Kevin, Raymond, "
        "Yi, Xiao Ming, Peng, Wai Man"
    ),
    _ENGLISH,
    (
        ("Xiao ", "Mei ", "Hui ", "Yu ", "Li ", "Jing ", "Ya ", "Xue ", "Shu ", "Wan "),
        ("Jian ", "Zhi ", "Wei ", "Guo ", "Chun ", "Kai ", "Yong ", "Hao ", "Xiao ", "Jun "),
        _pool(
            "An, Bo, Chen, Fei, Feng, Hong, Hua, Jie, Jun, Lan, Lei, Lin, Ling, Min, Ning, Ping, Qi, Qing, Rong, Tao, "
            "Ting, Wen, Xia, Xin, Yan, Yi, Ying, Yu, Yuan, Zhen"
        ),
    ),
)
INDIAN = Origin(
    9,
    40,
    40,
    _pool(
        "Singh, Kaur, Patel, Sharma, Kumar, Shah, Gill, Gupta, Fernando, Reddy, Perera, Nair, Dhillon, Silva, Thomas, "
        "Rao, Das, Iyer, Menon, D'Souza, Sandhu, De Silva, Chatterjee, Joshi, Subramaniam"
    ),
    _pool(
        "Priya, Harpreet, Anjali, Manpreet, Gurpreet, Sunita, Kavita, Deepa, Neha, Pooja, Jaspreet, Lakshmi, Meena, "
        "Shalini, Nisha, Rekha, Anita, Mary"
    ),
    _pool(
        "Rajesh, Harpreet, Gurpreet, Sanjay, Amit, Manpreet, Vikram, Suresh, Ravi, Anil, Jaspreet, Manoj, Rahul, "
        "Arjun, Prakash, Deepak, Thomas, Sandeep"
    ),
    _SOUTH_ASIAN,
)
ARABIC = Origin(
    6,
    72,
    35,
    _pool(
        "Khoury, Ahmed, Ali, Haddad, Hassan, Khan, Nasser, Ibrahim, Al-Hassan, El-Masri, Mansour, Saleh, Abdallah, "
        "bin Saeed, Farah, Rahimi, Hosseini, El Khoury, bin Abdullah, Al Najjar"
    ),
    _pool("Fatima, Mariam, Rania, Nadia, Layla, Samira, Amal, Zahra, Yasmin, Huda, Fatma, Maryam, Leila, Salma, Noor"),
    _pool(
        "Mohammed, Ahmed, Ali, Hassan, Mohamed, Omar, Khaled, Youssef, Muhammad, Bilal, Tariq, Elias, George, Tony, "
        "Ibrahim, Joseph"
    ),
    _LEVANTINE,
)
PACIFIC = Origin(
    4,
    30,
    55,
    _pool("Williams, Ngata, Leota, Taufa, Fonoti, Tāmihana, Vea, Te Rangi, Tuala, Parata, Faleolo, Hēnare, Kereama"),
    _pool("Mere, Ana, Sina, Aroha, Losa, Mele, Ngaire, Kiri, Tala, Māhina, Maria, Grace"),
    _pool("Sione, John, Wiremu, David, Tavita, Hēmi, Semisi, Manu, Hōne, Ioane, Rāwiri, Peter"),
    _POLYNESIAN,
)
_ORIGINS = (ANGLO, ITALIAN, GREEK, VIETNAMESE, CHINESE, INDIAN, ARABIC, PACIFIC)
_SHARES = tuple(accumulate(origin.share for origin in _ORIGINS))


def draw_origin(rng: Random) -> Origin:
    """An origin, as often as it occurs."""
    return rng.choices(_ORIGINS, cum_weights=_SHARES)[0]


GIRLS = _pool(
    "Charlotte, Olivia, Amelia, Isla, Mia, Ava, Grace, Chloe, Ella, Matilda, Ruby, Sienna, Lily, Evie, Sophie, Lucy, "
    "Hannah, Zoe, Ellie, Maya, Aria, Alice, Georgia, Eliza, Layla, Linh, Priya, Mei, Aisha, Sofia, Emily, Emma"
)
BOYS = _pool(
    "Noah, Oliver, Jack, William, Leo, Lucas, Thomas, Henry, Ethan, James, Archie, Max, Charlie, Hugo, Liam, Samuel, "
    "Isaac, Oscar, Harrison, Angus, Lachlan, Ryan, Adam, Kai, Minh, Arjun, Omar, Luca, Nikolas, Benjamin, Daniel, Jacob"
)

# Full name: what its bearers are called. Families write one at one desk and the other at the next.
_CALLED = """
Alexander: Alex Sasha Sandy Xander; Alexandra: Alex Sasha Sandra; Alison: Ali; Amanda: Mandy; Anastasia: Tasha Stacey;
Andrew: Andy Drew; Angelo: Ange; Anna: Annie; Anne: Annie; Anthony: Tony Ant; Antonio: Tony; Antonios: Tony Adoni;
Belinda: Bel Lindy; Benjamin: Ben Benji; Bradley: Brad; Cameron: Cam; Carmela: Carmel Melina; Catherine: Cathy Cath;
Charles: Charlie Chas Chuck; Christina: Chris Tina; Christine: Chris Chrissie; Christopher: Chris Kit; Christos: Chris;
Concetta: Connie Tina; Daniel: Dan Danny; Danielle: Dani; David: Dave Dai; Deborah: Deb Debbie; Despina: Debbie;
Dimitra: Toula Demi; Dimitrios: Jim Jimmy Dimitri; Domenic: Dom Mick; Edward: Ted Ed Ned Eddie; Eleni: Helen Lena;
Elizabeth: Liz Beth Libby Betty Lizzie; Fatima: Fatma Fati; Francesca: Fran Cesca; Francesco: Frank Franco;
Gabrielle: Gabby; Geoffrey: Geoff; Gerard: Gerry Ged; Giovanna: Joanne Gianna; Giuseppe: Joe Beppe; Gregory: Greg;
Gurpreet: Guri; Harpreet: Harry Preet; Helen: Nell Nellie; Henry: Harry Hal; Ioane: John; Jacqueline: Jackie Jacqui;
James: Jim Jamie Jimmy; Jennifer: Jen Jenny; Jessica: Jess; Joanne: Jo; John: Jack Johnny; Jonathan: Jon Jonty;
Joseph: Joe Joey; Josephine: Jo Josie; Katherine: Kate Kathy Katie Kath Kit; Katerina: Kathy Katina; Kenneth: Ken;
Konstantinos: Con Gus Dino; Lachlan: Lachie; Margaret: Maggie Peggy Meg Marg; Maria: Ria Mia; Mariam: Mary;
Matthew: Matt; Megan: Meg; Melissa: Mel Lissa; Michael: Mick Mike Mickey; Michelle: Shelly Chelle; Mohammed: Mo Hamoudi;
Natalie: Nat; Nathan: Nate; Nicholas: Nick Nicky; Nicole: Nicky Nic; Panagiotis: Peter Takis; Patricia: Pat Trish;
Patrick: Pat Paddy; Pamela: Pam; Penelope: Penny; Peter: Pete; Philip: Phil Pip; Philippa: Pip Pippa; Rachel: Rach;
Rajesh: Raj; Rebecca: Bec Becky; Richard: Dick Rick Richie; Robert: Rob Bob Bert; Roberto: Rob Robert; Robyn: Rob;
Ronald: Ron; Salvatore: Sam Sal Turi; Samantha: Sam Sammy; Samuel: Sam; Sandeep: Sandy; Sarah: Sally; Sophia: Soph;
Sione: John; Spiros: Spiro Spencer; Stephen: Steve; Steven: Steve; Stuart: Stu; Susan: Sue Susie; Theo: Theodoros;
Thomas: Tom Tommy; Timothy: Tim; Vanessa: Ness; Vasilios: Bill Vas; Victoria: Vicki Tori; Vincenzo: Vince Enzo;
William: Bill Will Liam Billy; Wiremu: William Bill; Youssef: Joe Joseph;
Jun: Kevin; Wei: Wayne; Ming: Vincent; Mei: May; Mei Ling: Linda; Xiao Yan: Yan Vivian; Hui Min: Michelle; Jing: Jenny;
Kai Ming: Kenny; Thi Hoa: Hoa Flora; Thi Lan: Lan Lana; Thi Mai: Mai; Thi Thu: Thu; Tuan Anh: Tuan Tommy; Duc: David;
Van Minh: Minh; Hung: Henry
"""
NICKNAMES: dict[str, tuple[str, ...]] = {
    full.strip(): tuple(short.split())
    for entry in _CALLED.replace("\n", " ").split(";")
    for full, _, short in (entry.partition(":"),)
}

# Pairs that have children together and that an initial, a near spelling or both cannot tell apart.
LIKE_NAMED: tuple[tuple[str, str, str, str], ...] = tuple(
    (pair[:-2].split("/")[0], pair[-2], pair[:-2].split("/")[1], pair[-1])
    for pair in _pool(
        "Jane/JulieFF, Jane/JuliaFF, Daniel/DanielleMF, Maria/MarieFF, Jan/JaneMF, Jan/JaneFF, Chris/ChrisMF, "
        "Michael/MichelleMF, John/JoanMF, Jon/JoanneMF, Paul/PaulaMF, Stephen/StephanieMF, Carl/CarlaMF, "
        "Anna/AnneFF, Kim/KimMF, Alex/AlexMF, Sam/SamMF, Terry/TerriMF, Lee/LeighMF, Harpreet/HarpreetMF, "
        "Gurpreet/GurpreetMF, Andrea/AndreaMF, Nicola/NicolaMF, Minh/MinhMF, Xiao Ming/Xiao MeiMF, "
        "Mark/MarcMM, Steven/StephenMM, Kerry/KerryMF, Mohammed/MahmoudMM, Ali/AliaMF, Jean/JeanneMF, Marion/MarionMF, "
        "David/DavinaMF, Peter/PetraMF, Julian/JulianneMF, Simon/SimoneMF, James/JamieMF, Robert/RobertaMF, "
        "Robyn/RobinFM, Leslie/LesleyMF, Thi Lan/Thi LienFF, Jack/JackieMF"
    )
)

# The same name with its marks: clerks leave them off, and parents put them back.
MARKED = {
    "Zoe": "Zoë", "Renee": "Renée", "Chloe": "Chloë", "Andre": "André", "Nguyen": "Nguyễn", "Dang": "Đặng",
    "Hong": "Hồng", "Le": "Lê", "Tran": "Trần", "Pham": "Phạm", "Maria": "María", "Ngata": "Ngāta", "Do": "Đỗ",
    "Nicolo": "Nicolò", "Huong": "Hương", "Vo": "Võ", "Jose": "José", "Andrea": "Andréa", "Helene": "Hélène",
}  # fmt: skip
