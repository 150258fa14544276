"""The names of the demo school: pools by origin, and how one draws from them.

All of it is invented by drawing; nobody here is anybody. The mix is that of an Australian suburb, so that
diacritics, apostrophes, hyphens, particles, one-syllable surnames and names written in two words all turn up on
the screen. A surname stands twice in a pool when it is common.
"""

from dataclasses import dataclass
from random import Random

from tui.text import fold

# What folding leaves alone because it is a letter of its own, not a letter with a mark.
_PLAIN = str.maketrans({"đ": "d", "ø": "o", "ł": "l"})


@dataclass(frozen=True)
class Origin:
    """Names of one origin. `keeps`: how often in a hundred a wife keeps the surname she was born with."""

    weight: int
    keeps: int
    surnames: tuple[str, ...]
    women: tuple[str, ...]
    men: tuple[str, ...]
    girls: tuple[str, ...]
    boys: tuple[str, ...]

    def adult(self, rng: Random, sex: str) -> str:
        return rng.choice(self.women if sex == "F" else self.men)

    def child(self, rng: Random, sex: str) -> str:
        # Half of all children have a name from the playground instead of one from the family album.
        pool = (_GIRLS if sex == "F" else _BOYS) if rng.random() < 0.5 else ()
        return rng.choice(pool or (self.girls if sex == "F" else self.boys))

    def surname(self, rng: Random) -> str:
        return rng.choice(self.surnames)


def _pool(names: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in names.split(","))


_GIRLS = _pool(
    "Ava, Charlotte, Olivia, Isla, Mia, Amelia, Grace, Willow, Zoe, Zoë, Chloe, Ella, Matilda, Ruby, Sienna, Lily, "
    "Evie, Harper, Sophie, Lucy, Hannah, Poppy, Imogen, Jasmine, Maya, Aria, Alice, Georgia, Eliza, Freya"
)
_BOYS = _pool(
    "Noah, Oliver, Jack, William, Leo, Lucas, Thomas, Henry, Ethan, James, Archie, Max, Charlie, Hugo, Liam, "
    "Samuel, Xavier, Isaac, Oscar, Harrison, Angus, Lachlan, Toby, Flynn, Riley, Finn, Jasper, Ryan, Adam, Kai"
)

ANGLO = Origin(
    44,
    16,
    _pool(
        "Smith, Smith, Smith, Jones, Jones, Williams, Brown, Wilson, Taylor, Anderson, Thompson, Martin, White, "
        "Harris, Clarke, Walker, Robinson, Kelly, King, Campbell, Mitchell, Edwards, Turner, Hall, Cooper, Murphy, "
        "O'Brien, O'Connor, O'Sullivan, McDonald, MacKenzie, Fraser, Stewart, Hughes, Evans, Lloyd-Jones, "
        "Ashby-Cole, Fitzgerald, Doyle, Bailey, Marsh, Whitlock, Pike, Hartley, Gresham, Tregenza, St John, "
        "Barrett, Dunstan, Quinn, Sinclair, Wakefield, Yelland, Lindqvist, Hollis"
    ),
    _pool(
        "Karen, Michelle, Nicole, Lisa, Rebecca, Jennifer, Elizabeth, Catherine, Katherine, Susan, Julie, Jane, "
        "Sarah, Amanda, Melissa, Kate, Fiona, Siân, Bronwyn, Anne-Marie, Margaret, Deborah, Samantha, Alison, "
        "Heather, Kylie, Natalie, Tracey, Victoria, Rachel, Zoë, Emma, Belinda, Louise, Christine, Jacqueline"
    ),
    _pool(
        "David, Michael, Andrew, Peter, Mark, Paul, Stephen, Steven, Christopher, Robert, Matthew, Daniel, Scott, "
        "Craig, Anthony, Gregory, Timothy, Simon, Adrian, Jason, Benjamin, Nicholas, Brett, Darren, Stuart, "
        "Jonathan, Philip, Rhys, Gareth, Ian, Alexander, Edward, Thomas, William, Patrick, Joseph"
    ),
    _pool("Emily, Jessica, Abigail, Phoebe, Bronte, Tahlia, Mackenzie, Piper, Tess, Niamh"),
    _pool("Joshua, Cooper, Mitchell, Bailey, Declan, Hamish, Rory, Darcy, Heath, Zachary"),
)
VIETNAMESE = Origin(
    9,
    92,
    _pool("Nguyen, Nguyen, Nguyen, Nguyen, Nguyễn, Tran, Tran, Le, Pham, Vo, Đặng, Bui, Ho, Ngo, Duong, Ly, Truong"),
    _pool("Thi Hoa, Thi Lan, Thi Mai, Thi Hương, Ngoc Anh, Thu Trang, Kim Chi, Thanh Tam, Thi Phuong, Bich Van"),
    _pool("Van Minh, Duc, Quang Huy, Thanh, Hung, Tuan Anh, Van Nam, Quoc Bao, Duy, Hai"),
    _pool("Linh, My, Thao, Vy, Ngoc, Kim, Tram"),
    _pool("Minh, Khoa, Bao, Long, Tri, Phuc, An"),
)
CHINESE = Origin(
    11,
    90,
    _pool(
        "Wang, Wang, Li, Li, Zhang, Zhang, Chen, Chen, Liu, Huang, Zhao, Wu, Xu, Lin, Zhou, Ng, Wong, Chan, Lau, "
        "Leung, Tan, Lim, Ong, Xie, Lü, Ouyang"
    ),
    _pool("Mei, Xiao Yan, Li Na, Hui Min, Jing, Fang, Ying, Xue, Mei Ling, Wai Yee, Shu Fen, Yan"),
    _pool("Wei, Jun, Ming, Hao, Jian Guo, Chun Kit, Yong, Lei, Kai Ming, Tao, Feng, Zhi Wei"),
    _pool("Yi Xuan, Xin Yi, Jia Yi, Wen, Yu Tong, Hui"),
    _pool("Zi Hao, Jia Ming, Yi Chen, Bo Wen, Ze, Jun Hui"),
)
INDIAN = Origin(
    11,
    35,
    _pool(
        "Singh, Singh, Singh, Kaur, Patel, Patel, Sharma, Gupta, Kumar, Reddy, Nair, Iyer, Menon, Rao, Das, "
        "Banerjee, Chatterjee, Fernando, Perera, Subramaniam, Joshi, Desai, Gill, Dhillon, Thomas, D'Souza"
    ),
    _pool("Priya, Anjali, Sunita, Kavita, Deepa, Harpreet, Manpreet, Lakshmi, Meena, Neha, Shalini, Gurpreet"),
    _pool("Rajesh, Sanjay, Amit, Vikram, Harpreet, Gurpreet, Suresh, Anil, Ravi, Arjun, Manoj, Prakash"),
    _pool("Ananya, Aaliyah, Diya, Simran, Riya, Jasleen, Isha"),
    _pool("Aarav, Arnav, Rohan, Kabir, Jaspreet, Dev, Vihaan"),
)
ARABIC = Origin(
    6,
    70,
    _pool(
        "Haddad, Khoury, Nasser, Al-Hassan, El-Masri, Saleh, Mansour, Ibrahim, Abdallah, Farah, Rahimi, Ahmadi, "
        "bin Saeed, Hosseini, Karim"
    ),
    _pool("Fatima, Layla, Amal, Rania, Nadia, Samira, Zahra, Huda, Mariam, Yasmin"),
    _pool("Ahmed, Mohammed, Muhammad, Omar, Khaled, Hassan, Ali, Youssef, Tariq, Bilal, Elias"),
    _pool("Aisha, Noor, Salma, Lina, Jana, Hana"),
    _pool("Yusuf, Zayd, Karim, Ibrahim, Sami, Idris"),
)
GREEK = Origin(
    5,
    22,
    _pool(
        "Papadopoulos, Papadopoulos, Georgiou, Nikolaidis, Pappas, Dimitriou, Karagiannis, Stavrou, Vlahos, "
        "Kostopoulos, Economou, Christou"
    ),
    _pool("Maria, Eleni, Sophia, Despina, Voula, Anastasia, Katerina, Irene, Georgia"),
    _pool("George, Dimitrios, Nick, Con, Theo, Spiros, Angelo, Vasilis, Peter"),
    _pool("Eleni, Sofia, Athena, Despina, Kalliope"),
    _pool("Dimitri, Stavros, Yianni, Alexandros, Lukas"),
)
ITALIAN = Origin(
    6,
    22,
    _pool(
        "Rossi, Russo, Ferrari, Esposito, Bianchi, Romano, Di Stefano, De Luca, D'Angelo, Caruso, Marino, "
        "Lombardi, Conti, Santoro, Nicolò"
    ),
    _pool("Maria, Rosa, Lucia, Giovanna, Angela, Francesca, Carla, Daniela, Silvana, Teresa"),
    _pool("Giuseppe, Antonio, Marco, Frank, Sal, Carlo, Domenic, Vincenzo, Roberto, Tony"),
    _pool("Gianna, Alessia, Bianca, Chiara, Isabella"),
    _pool("Matteo, Luca, Alessandro, Dante, Marcello"),
)
PACIFIC = Origin(
    4,
    28,
    _pool("Ngata, Tāmihana, Parata, Te Rangi, Fonoti, Leota, Taufa, Vea, Faleolo, Tuala, Kereama, Hēnare"),
    _pool("Aroha, Mere, Ngaire, Sina, Losa, Kiri, Māhina, Tala, Ana"),
    _pool("Wiremu, Hēmi, Rāwiri, Sione, Tavita, Semisi, Hōne, Ioane, Manu"),
    _pool("Anahera, Mele, Tiare, Marama, Hine"),
    _pool("Nikau, Tama, Sefa, Mānu, Lagi"),
)
OTHER = Origin(
    4,
    25,
    _pool(
        "Müller, Nuñez, de Souza, van der Berg, García López, Kowalski, Novák, Jørgensen, Schäfer, da Silva, "
        "Popović, Łukasik, Le Fèvre, van Dijk, Pérez-Ruiz, Kim, Park, Tanaka, Okafor, Mwangi"
    ),
    _pool("Ingrid, Anneliese, Inês, María José, Beatriz, Agnieszka, Chloé, Renée, Ji-woo, Ngozi, Wanjiru, Petra"),
    _pool("Jürgen, Pieter, João, Andrés, Tomasz, François, Søren, Hiroshi, Sung-ho, Chinedu, Zoran, Luís"),
    _pool("Anaïs, Zuzana, Lucía, Saoirse, Yuki, Amara"),
    _pool("Mateo, Björn, Emeka, Kenji, Łukasz, Rafael"),
)

ORIGINS = (ANGLO, VIETNAMESE, CHINESE, INDIAN, ARABIC, GREEK, ITALIAN, PACIFIC, OTHER)

# Names people go by. Schools keep them apart from the given name, and parents write whichever they like.
PREFERRED = {
    "Alexander": "Alex",
    "Andrew": "Andy",
    "Anthony": "Tony",
    "Benjamin": "Ben",
    "Catherine": "Cathy",
    "Christine": "Chris",
    "Christopher": "Chris",
    "Daniel": "Dan",
    "Deborah": "Deb",
    "Dimitrios": "Jim",
    "Edward": "Ted",
    "Elizabeth": "Liz",
    "Giuseppe": "Joe",
    "Gregory": "Greg",
    "Jacqueline": "Jackie",
    "Jennifer": "Jen",
    "Jonathan": "Jon",
    "Joseph": "Joe",
    "Katherine": "Kathy",
    "Margaret": "Maggie",
    "Matthew": "Matt",
    "Michael": "Mick",
    "Nicholas": "Nick",
    "Nicole": "Nicky",
    "Patrick": "Pat",
    "Philip": "Phil",
    "Rebecca": "Bec",
    "Robert": "Rob",
    "Samantha": "Sam",
    "Stephen": "Steve",
    "Susan": "Sue",
    "Timothy": "Tim",
    "Victoria": "Vicki",
    "Vincenzo": "Vince",
    "William": "Bill",
    "Jun": "Kevin",
    "Mei": "May",
    "Mei Ling": "Linda",
    "Wei": "Wayne",
    "Ming": "Vincent",
    "Xiao Yan": "Yan",
}


def draw_origin(rng: Random) -> Origin:
    """An origin, as often as it occurs."""
    return rng.choices(ORIGINS, weights=[origin.weight for origin in ORIGINS])[0]


def letters(name: str) -> str:
    """The plain lower-case letters of `name`, as codes, emails and usernames have them: "O'Brien" -> "obrien"."""
    return "".join(c for c in fold(name).translate(_PLAIN) if "a" <= c <= "z")
