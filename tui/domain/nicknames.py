"""Given names that are said for one another: Kate for Katherine, Bill for William, Tony for Antonios.

Compiled by hand for this project from everyday Australian usage, the English forms of Greek, Italian and Slavic names
among them; no list was copied. A line is a group: any two of its names may be one person's. A name may stand in several
groups: it agrees with all in each of them, and they do not agree with each other through it.
"""

from collections.abc import Mapping

_GROUPS = """
abigail abby abbie gail
adam addam ad
adrian adrien ade adriano
aidan aiden aydan
aileen eileen ailene
alan allan allen al alun
alastair alasdair alistair alister al
albert al bert bertie alberto
alexander alex alec alexandros alessandro aleksandar sandy sasha xander alejandro alexandre lex
alexandra alex alexa sandra sandy sasha lexie alessandra aleksandra xandra
alfred alf alfie fred alfredo
alice ali aly alicia
alison allison ali allie alyson
amanda mandy manda
amelia amy millie milly mia
anastasia stacey tasia natasha ana anastassia
andrea andie andy
andrew andy drew andreas andrei andre andrija andrzej
angela angie ange angelina angeliki
angelo angelos ange evangelos
ann anne anna annie anita hannah nan nancy anya
anthony tony antony ant antonio antonios anton antoine nino
antonia toni tonia antonella
arthur art artie arturo
barbara barb babs barbie
barnaby barney
bartholomew bart
beatrice bea beatrix trixie
benjamin ben benny benji beniamino
bernadette bernie detta berni
bernard bernie barney
bethany beth
brenda bren
brendan bren brendon
bradley brad bradleigh
bridget bridie biddy bridgit
bronwyn bron bronwen
bruce brucie
calvin cal
cameron cam
carol carole caroline carolyn caz carrie
catherine cath cathy katherine kathryn cathryn kate katie kathy kat kit katharine kaye katerina caterina ekaterina
kathleen kath kathy kate katie cathleen
cecilia celia cecily cec
charles charlie chas chuck carlo carlos charley karl
charlotte charlie lottie lotte char
chloe clo
christine chris christina chrissie tina kristine kristina christy christa cristina kirsten kris
christopher chris kris topher christos kit cristoforo
christian chris kristian christiaan
clifford cliff
clinton clint
colin col collin
constantine con costa costas kon konstantinos dean gus dino kosta konstantin
constance connie
cynthia cindy
daniel dan danny daniele daniil danilo
danielle dani dannie danni
darren daz daren darrin
david dave davy davide davey
deborah deb debbie debra debby
denise den denyse
dennis denis den dionysios denny dion
desmond des
diana di diane dianne dyan
dimitrios jim jimmy dimitri dimitris james demetrios dimi
dominic dom nick dominik domenico
donald don donny
donna donnie
dorothy dot dotty dorothea thea
douglas doug
duncan dunc
edith edie
edward ed eddie ted teddy ned eduardo edoardo edvard
edwin ed eddie
eleanor ellie nell elle nora eleni elenor eleanora
elena helena helen eleni lena ellen
elisabeth elizabeth liz lizzie beth betty libby bess eliza elise lisa liza elspeth elisa lisbeth elisabetta betsy
emily em emmy emilia
emma em emmy
eric rick erik
ernest ernie
eugene gene
evelyn eve evie ev
fiona fi
florence flo florrie
frances fran francie frankie franca francesca
francis frank fran francesco francisco franco
franklin frank
frederick fred freddy freddie frederic federico fritz
gabriel gabe gab
gabrielle gaby gabby gabriela gabriella
gareth gary gaz
gary garry gaz
gavin gav
geoffrey geoff jeff jeffrey jeffery
george georgios giorgio jorge georgie yiorgos
georgina georgie gina georgia
gerald gerry jerry ged
gerard gerry ged gerardo jerry
gillian gill jill jillian
giovanni john gianni johnny
giuseppe joe joseph beppe peppe
gordon gord
grace gracie grazia
graham graeme grahame
gregory greg gregor gregorio grigorios
gwendolyn gwen
hamish hame seamus
harold harry hal
harriet hattie harry
heather heath
helen nell nellie eleni helene
henry harry hal hank enrico
howard howie
hugh hughie huw
ian iain
imogen immy
irene rene eirini irena
isaac ike zac
isabel isabelle isabella izzy bella ysabel belle issy
jacob jake jack
jacqueline jackie jacqui jac jacquie
james jim jimmy jamie jem giacomo jaimes
jane janie jayne
janet jan janette jeanette
janice jan janis
jasmine jas jaz yasmin
jason jase jay
jean jeanie jeannie
jennifer jen jenny jenni jennie
jeremy jez jerry jem
jessica jess jessie
jillian jill
joan joanie joanna joanne jo johanna
joanna jo joanne johanna
jodie jody jodi
john jack johnny jon ioannis yianni yiannis jan johan ivan juan jean giovanni sean ian
jonathan jon jonny john jonathon
joseph joe joey jo josef iosif jose yosef
josephine jo josie jose giuseppina
joshua josh
joyce joy
judith judy jude
julia julie jules giulia juliana
julian jules julien
justin jus
karen kaz karin caren
kenneth ken kenny
kevin kev
kimberley kim kimberly kimmy
kylie ky
kyle ky
lachlan lachie locky lach lockie lochlan
laura laurie lora
lauren loz laurie
laurence lawrence larry laurie lorenzo lawrie lars
leonard len lenny leo leonardo
leonie leone
leslie les lesley
lewis lou louis lew
lillian lily lil lilian liliana
linda lyn lindy lynda lin
lindsay lindsey lin
lorraine lorrie rainey
louis lou luigi luis louie
louise lou louisa luisa lulu
lucas luke luca luc lukas loukas
lucy lucinda lucia lu lucie
lynette lyn lynne lynn lynnette lin
madeleine maddie maddy madeline madelyn
malcolm mal
marcus mark marc marco markus
margaret marg maggie meg peggy margie marge greta margo margot rita daisy peg margarita megan
maria mary marie mia mariam maryam miriam ria
marianne mary marian maryanne
marilyn maz mal
marion marian mary
mark marc marco markos
martin marty martyn martino
mary molly polly may maria mariam marie maree
matilda tilly mattie tilda
matthew matt matty mat mathew matteo matthias mathieu matteus
maureen mo maur
maurice mo morris maurizio
maxwell max maximilian maximus
megan meg meghan meagan
melanie mel
melissa mel missy lissa
michael mike mick mickey mikey michele michail mihail mitch michalis mikhail miguel michel
michelle shell shelly chelle michele
mildred millie
mitchell mitch
mohammed mohammad muhammad mohamed mo mohamad
monica mon monika
morgan mo
nancy nan
natalie nat nattie natalia nathalie
natasha tasha nat
nathan nat nate nathaniel
nathaniel nat nate nathan
neil neal niall
neville nev
nicholas nick nicky nicolas nikolaos nico nikos nicola nikola nic klaus
nicole nic nicky nikki nicola nichole nicolette
nigel nige
noel noelle
norman norm
oliver ollie oli olly
olivia liv livvy olive
oscar ossie
owen owain
pamela pam pammy
panagiotis peter takis panos
patricia pat patty trish tricia patsy trisha patrizia
patrick pat paddy patrizio pats rick
paul paulo paolo pavlos pavel pablo pauly
paula paulie paola pauline
penelope penny pen
peter pete petros pietro pedro petar piotr
philip phil phillip filippo phillipos pip filip
philippa pip pippa
phyllis phyl
priscilla cilla
prudence pru
rachel rach rachael rae raquel
ralph rafe
raymond ray raimondo
rebecca bec becky becca rebekah bek
reginald reg reggie
richard rick rich dick ricky richie ricardo riccardo
robert rob bob bobby robbie bert roberto bobbie
roberta bobbie robbie
robin rob robyn
robyn rob robin
rodney rod
roger rog ruggero
roland rollo rolando
ronald ron ronnie
rosalind ros roz
rosemary rose rosie romy
rose rosa rosie
rosalie rose
roy royston
russell russ rusty
ruth ruthie
salvatore sal sam turi
samantha sam sammy
samuel sam sammy
sandra sandy
sarah sara sally sal sari
scott scottie
sean shaun shawn
sebastian seb bas bastian sebastiano
sharon shaz shari
sheila shelagh
shirley shirl
sidney sid sydney
simon si simone
sofia sophie sophia soph
sonia sonya sonja
spyridon spiro spiros spyros
stanley stan
stella stel
stephanie steph stefanie stef stevie
stephen steve steven stefan stefano stephan stefanos stevie stavros
stuart stu stewart
susan sue suzie susie suzanne susanne suzanna susannah zuzana
sylvia silvia syl
tamara tammy tam
teresa theresa terry tess terri tessa therese treeza
terence terry terrence tel
thomas tom tommy tomas tommaso
theodore ted theo teddy theodoros
timothy tim timmy
tobias toby
tracey tracy trace
trevor trev
valerie val
vanessa ness nessa van
vasilios bill vasilis vassilios basil vas william
vasiliki vicky vicki vasso
veronica ron ronnie vera veronika
victor vic viktor vittorio
victoria vicky vicki vic tori viktoria
vincent vince vinnie vincenzo vin enzo
virginia ginny gina
vivian viv vivienne
walter wal wally walt
warren waz
wayne waz
wendy wen
wilfred wilf fred
william will bill billy liam willy wil guglielmo willem
yvonne von
yvette eve
zachary zac zach zack zak zachariah
zoe zoey
raj rajesh rajiv rajendra rajan
preet harpreet gurpreet manpreet
guri gurpreet gurinder gurdeep
harry harpreet harinder hardeep
dai david dafydd dewi
connie concetta tina concettina
cesca francesca fran franca
sione john hone sean
youssef yusuf yousef joseph youssuf
ibrahim abraham abe
wiremu william bill
mere mary maria
hemi james jim
pita peter
mick domenic dominic dom michael
mei may
ali alastair alison
sal sally salvatore
"""


def _by_name() -> Mapping[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    for number, line in enumerate(_GROUPS.split("\n")):
        for name in line.split():
            found.setdefault(name, set()).add(number)
    return {name: frozenset(groups) for name, groups in found.items()}


NICKNAMES = _by_name()


def said_for_each_other(one: str, other: str) -> bool:
    """Whether two folded given names stand in one group."""
    mine = NICKNAMES.get(one)
    return mine is not None and not mine.isdisjoint(NICKNAMES.get(other, frozenset()))
