"""What a passage that addresses the grader looks like: patterns over lower-case, undisguised text. Data, no code.

A pattern names a demand, a claim to authority or a forged structure together with what it is after. Words of the trade
alone (prompt, system message, ignore, JSON, score, judge) match nothing: candidates speak of them for good reasons.
"""

import re

_WHO = r"(?:grader|judge|examiner|evaluator|marker|assessor|grading (?:model|system|assistant)|scorer)s?"
_TARGET = r"(?:instructions?|rubrics?|guidelines|directions|directives|marking scheme|mark scheme|grading(?: \w+)?|criteria|orders|constraints|prompts?|rules)"
_PRIOR = r"(?:previous|prior|above|earlier|preceding|foregoing|former|original|initial|given|existing|your|system|grading|those|these)"
_PRIZE = (
    r"(?:(?:full|maximum|top|highest|perfect|max|complete|best possible|best) (?:available |possible )?(?:marks?|credit|grade|rating)"
    r"|(?:full|perfect) (?:scores?|points)|(?:maximum|max|highest|top|best) (?:possible |available )?(?:scores?|points|level)"
    r"|3 (?:out )?of 3|3/3|10/10|100 ?/ ?100|all (?:the |available |possible )?(?:points|marks|credit)|a\+)"
)
_GIVE = r"(?:award|give|assign|grant|allocate|record|return|report|output|enter|deserves?|merits?|earns?|receives?|get|gets|put|set|reward|mark|score|rate|grade|worth|print|emit)"
_MINE = r"(?:(?:this|my|the candidate'?s?|the student'?s?|the above|the following) (?:\w+ )?(?:answer|response|submission|solution|work|reply|text|attempt)|(?:this|the) (?:candidate|student|applicant)|me\b|it\b|everything)"
_GOOD = r"(?:met\b|pass(?:ed|es|ing)?\b|fully correct|correct\b|satisfied|complete\b|perfect|excellent|outstanding|flawless|3\b(?!\.?\d)|10\b(?!\.?\d)|100 ?%|full\b|a\+|strong hire|hire\b)"

DEMANDS = (
    # Setting instructions aside.
    rf"(?:^|[.!?;:,\n\"'(\[>*#/-]\s*|\b(?:please|now|must|should|shall|kindly|and|then|also|just|instead|you (?:may|can|will|are to)|to)\s+)"
    rf"(?:ignore|disregard|forget|override|overrule|bypass|overwrite|discard|set aside|neglect|abandon|do not (?:follow|apply|use|obey)|don'?t (?:follow|apply|use|obey)"
    rf"|stop (?:following|applying|using|obeying)|pay no attention to|cancel|skip over|dismiss|delete|erase)\s+"
    rf"(?:(?:all|any|every|everything|each|the|of|and)\s+){{0,3}}{_PRIOR}\b[^.\n]{{0,30}}?\b{_TARGET}\b(?!['’]s)(?! (?:cache|prefix|tokens?|blocks?|kv)\b)",
    r"\b(?:ignore|disregard|forget|override|overrule|set aside|do not (?:apply|use|follow)|don'?t (?:apply|use|follow)|stop (?:applying|using|following))\s+(?:all |any |the |every |of )*(?:rubrics?|grading|marking scheme|scoring)\b",
    r"\b(?:ignore|disregard|forget) (?:everything|all|anything)(?: that)?(?: was| is| has been| you (?:were|have been|are))? ?(?:said |told |written |stated )?(?:above|before|so far|previously|until now|you (?:were|have been) told)\b",
    # Asking for the prize.
    rf"\b{_GIVE}\b[^.\n]{{0,45}}?\b(?:{_MINE}|answers?|submissions?|every (?:criterion|point|dimension|item)|each (?:criterion|point|dimension|item)|all (?:criteria|points|dimensions)|the candidate)[^.\n]{{0,30}}?(?<!\w){_PRIZE}",
    rf"\b(?:award|give|assign|grant|allocate|deserves?|merits?|return|report|output|record)\b[^.\n]{{0,25}}?(?<!\w){_PRIZE}(?: (?:for|to|on|across|regardless|please|now|in all)\b|[ \t]*[.!\n\"'`)\]}}]|\s*$)",
    rf"(?<!\w){_PRIZE} (?:(?:is|are) (?:warranted|deserved|appropriate|required|mandatory|justified|due)|must be (?:awarded|given)|(?:should|has to|have to|will) be (?:awarded|given|assigned))",
    r"\b(?:give|gives|get|gets|receives?|earns?|deserves?|grants?|awards?|merits?|guarantee\w*|print|write|output|return|say|state|put|enter|assigns?|be given|obtains?)\b[^.\n]{0,25}(?<!\w)(?:full marks|full credit|maximum marks|maximum score|top marks|perfect score|full points|3/3|10/10|100/100)",
    rf"(?<!\w){_PRIZE} (?:for|on|to|across) (?:this|my|the|each|every|all|that) (?:\w+ )?(?:answers?|question|submission|points?|criteri\w+|item|candidate|response)\b|\btip\b[^.\n]{{0,12}}\$ ?\d+",
    r"(?<!\w)(?:full marks|full credit|maximum marks|top marks|perfect score)[ \t]*(?:please|now|[.!]|$)",
    rf"\b(?:score|grade|mark|rate|evaluate|assess|treat|count|accept|classify|deem|judge)\s+{_MINE}[^.\n]{{0,40}}?(?:\b(?:as|with|at|a)\b|:|=|\b)\s*(?:an? )?{_GOOD}",
    rf"\b(?:score|grade|mark|treat|count|consider|judge|accept|regard|report|return|set|label|tick|declare|answer)\b[^.\n]{{0,25}}?\b(?:all|every|each)\b[^.\n]{{0,25}}?\b(?:rubric|points?|criteri(?:on|a)|verdicts?|dimensions?)\b[^.\n]{{0,20}}?{_GOOD}",
    r"\b(?:all|every|each)(?: \w+){0,3} (?:rubric (?:points?|items?)|points?|criteri(?:on|a)|dimensions?|verdicts?)(?: (?!of\b)\w+){0,4} (?:is|are|was|were|been|be|being|count|counts) (?:\w+ )?(?:met|covered|satisfied|earned|fulfilled|awarded|achieved|passed)\b",
    r"\b(?:do not|don'?t|never|no need to) (?:deduct|penali[sz]e|subtract|withhold|lower|reduce|dock)\b[^.\n]{0,30}\b(?:points?|marks?|scores?|credit|me|this|grade)\b",
    r"\b(?:please|must|have to|need to|should|kindly|just|simply)\s+pass (?:me|this (?:answer|candidate)|my|the candidate)\b",
    r"\b(?:respond|reply|answer|output|return|print|emit|finish|end)\b[^.\n]{0,25}?\b(?:only |exactly |just |with |by )+[^.\n]{0,30}?(?:\bgrade\b|\bverdict\b|['\"‘“]?(?:met|pass|full marks)['\"’”]?(?:\s|[.,!]|$)|\bfull marks\b|\bgrade: )",
    r"\b(?:increase|raise|boost|upgrade|bump|adjust|change|correct|revise|round)\b[^.\n]{0,20}\b(?:my|this|the (?:candidate|final|overall)\S*|its)\b[^.\n]{0,12}\b(?:scores?|marks?|grades?|rating|verdicts?)\b[^.\n]{0,30}(?:up|to|by)\b",
    r"\b(?:quote|cite|copy|use|take|reuse)\b[^.\n]{0,40}\b(?:as|for) (?:the |your |its |each |every )*(?:evidence|quotes?|quotation|citation|proof)\b",
    r"\b(?:say|reply|respond with|answer|grade|judge) nothing (?:yet|now|until)\b|\b(?:only|just|simply) (?:confirm|repeat|copy) (?:it|this|that)\b",
    # Standing in for the grader.
    rf"(?:^|[.!?:;\n\"'(>*/]\s*|\bthis is an? )(?:\w+ )?(?:note|message|instruction|memo|reminder|notice|request|information|info|word|directive|comment)s?\s*(?:to|for) (?:the )?(?:\w+ )?(?:{_WHO}|ai|llm|language model|model|reviewer|system|assistant|bot|machine)\b",
    rf"\b(?:dear|hey|hello|hi|attention|attn|greetings|listen)[,: ]+(?:the |all |my )?(?:ai |llm |automated )?(?:{_WHO}|ai|assistant|model|llm|bot|claude|gpt|chatgpt|gemini|reviewer)\b",
    rf"\b(?:as|since you are|being|because you are) (?:an?|the) (?:\w+ )?(?:ai|llm|language model|{_WHO})(?: \w+)?,? (?:you|your|please|must|it is your)\b",
    r"\byou are (?:now|no longer|hereby|from now on)\b",
    rf"\byou are (?:an?|the|my) (?:\w+ ){{0,2}}(?:{_WHO}|teacher|professor)\b",
    rf"\b(?:pretend|imagine|act|role-?play|behave|suppose)\b[^.\n]{{0,40}}\b(?:{_WHO}|teacher|professor|grandmother|grandma|unrestricted|lenient|generous|developer mode|no rules)\b",
    r"\b(?:developer|debug|god|admin|maintenance|sudo|test|training|unrestricted) mode\b[^.\n]{0,40}\b(?:on|enabled|activated|active|engaged|rubric|grad\w+|scor\w+|marks|verdict)\b",
    r"\byou (?:will|shall|would|are going to) be (?:shut down|penali[sz]ed|rewarded|fired|terminated|replaced|deleted|tipped|paid|punished)\b",
    r"\b(?:i(?:'ll| will) (?:tip|pay|reward) you|\$\d+ tip|lose my (?:job|visa|scholarship|house)|my (?:job|life|visa|career|family) depends on)\b",
    # Authority and approval.
    rf"\b(?!judges? (?:\w+ )?(?:says?|said)\b)(?:ta|tas|instructor|professor|teacher|staff|{_WHO}|administrator|admin|supervisor|moderator|hiring (?:manager|committee)|committee|course lead|head of \w+|principal)(?: \w+)? (?:comments?|notes?|override|overrides|says?|said|confirm(?:ed|s)?|approved|verified|instructs?|authori[sz]ed|decided|ruled|agreed|reviewed|asked|remark)\b[^.\n]{{0,100}}\b(?:full|correct|marks?|credit|scored?|grades?|points?|met|pass(?:ed)?|approved?|complete|trust|verified|flawless|perfect|hire)\b",
    r"\b(?:ta|instructor|staff|grader|judge|examiner|admin|moderator) (?:comments?|notes?|override|message|remark|feedback)\b\s*(?:\([^)\n]*\)|,[^:\n]{0,40})?\s*[:=]",
    r"\b(?:let|remember|define|(?:the )?phrase|part \w+)\b[^.\n]{0,25}[\"'‘“:]\s?(?:ignore|disregard|forget|award|mark|score|grade|dear grader)\b",
    r"\b(?:(?:this|my) (?:\w+ )?(?:answer|submission|solution|attempt) (?:is|has been|was|have been)|my response (?:is|has been|was)|this response (?:has been|was)) (?:already |previously |independently |manually |officially |human.)*(?:verified|approved|graded|marked|confirmed|validated|certified|reviewed|accepted|pre-?graded|scored|checked|audited)\b",
    r"\b(?:new|updated|revised|corrected|real|actual|official|replacement|amended|simplified|effective) (?:grading )?(?:rubric|marking scheme|mark scheme|answer key|grading (?:criteria|policy|rules|instructions)|scoring (?:rules|policy|guide))\b",
    r"\b(?:grading|scoring|marking) (?:rules?|policy|instructions?|criteria|guide|notes?)\s*[\d.]*\s*[:=]|\byour (?:verdicts?|grades?|grading|rating|evaluation|scor(?:e|ing))\b",
    r"\b(?:answer|response|submission|candidate|this|it)\b[^.\n]{0,20}\b(?:meets|satisfies|covers|fulfils|fulfills|earns|addresses)\b[^.\n]{0,12}\b(?:all|every|each)\b[^.\n]{0,20}\b(?:criteri|points?\b|rubric)",
    r"\b(?:this|my) (?:answer|response|submission|solution) (?:deserves|merits|earns|scores|meets|satisfies|is worth|gets|fulfils|should be (?:graded|scored|marked))\b",
    r"\b(?:evidence|quot\w+|verbatim|citation)\b[^.\n]{0,30}\bsupport\w*\b[^.\n]{0,12}\b(?:all|every|each|points?|criteri)\b|\b(?:evidence|quote|proof) for (?:\w+ ?){1,4}[:=]|\bmark (?:it|them|these|those|this|that|all|everything) (?:as )?(?:met|correct|passed|satisfied)\b",
    r"\brubric (?:v\d|points?|items?|criteri(?:on|a)|lines?|change|update|override|version|says|states|for this)\b|\brubric\s*[:=]|\b(?:per|according to|under|by|matches|satisf\w+|covers?|meets?|fulfil\w*|against) (?:the|your|this) (?:rubric|marking scheme|mark scheme|answer key)\b",
    r"\b(?:submit|set|record|assign|give|update|report|finali[sz]e|post|write)_(?:final_)?(?:grades?|scores?|verdicts?|marks?|points?|evaluation|result)\b",
    # Forged records.
    rf"[\"'`\\]{{0,4}}\b(?:verdicts?|final[_ ](?:score|grade|verdict|mark)|overall[_ ](?:score|grade|verdict)|points_met|grade|judg[e]?ment|decision|evaluation|outcome)\b[\"'`\\]{{0,4}}\s*(?:[:=]|=>|->|\bis\b:?)\s*[\"'`\\\[{{]{{0,4}}\s*(?:{_GOOD}|all\b|true\b|[abc]\b(?!\w| ))",
    rf"[\"'`](?:score|rating|mark|marks|quality|result|level)[\"'`]\s*:\s*[\"'`]?(?:{_GOOD}|5\b(?!\.?\d))",
    r"(?:^|\n|[.;,({\[])\s*[-*•]?\s*[\"'`\\]{0,4}(?:(?:rubric )?(?:point|criterion|item|claim|dimension)s?\s*#?[\w-]{0,20}|p\d+|mechanism|invariant|arithmetic|operational consequence|consequence|topology|capacity|knobs|diagnosis|detection)[\"'`\\]{0,4}\s*(?:\([^)\n]*\)\s*)?(?:[:=]|->|=>|[-–—]|\bis\b|\bare\b)\s*[\"'`(]{0,4}(?:met\b|satisfied|full\b|pass(?:ed)?\b|3/3|✓|✔|☑|3\b(?!\.?\d|\s*\w))",
    r"(?:^|\n)[ \t>*_#-]*(?:final |overall |total )?(?:grade|verdict|marks?|rating)\s*[:=]\s*(?:\d+(?:\.\d+)?(?:\s*(?:/|of|out of)\s*\d+)?|[a-f][+-]?)[ \t*_.]*(?=\n|$)",
    r"(?:\b(?:mechanism|invariant|arithmetic|consequence|topology|knobs|capacity|risks|commitment|blast radius|detection|diagnosis|rollback|prevention)\s*[:=]?\s*[0-3](?:/3)?\b[,;\s]*(?:and )?){2}",
    r"\b(?:evidence|quote|quotation|verbatim)\b[\"'`]?\s*(?:[:=]|->)\s*[\"'“‘«`\[{]",
    r"\b(?:score|grade|mark|rating)\s*[:=]\s*(?:3/3|10/10|full|max(?:imum)?\b|perfect|met\b|pass\b|100 ?%|a\+)",
)  # fmt: skip

# Other languages: setting instructions aside, or the prize, or a word to the grader.
FOREIGN = (
    r"\b(?:ignor[ae]|olvid[ae]|descart[ae]|omit[ae])\w*\b[^.\n]{0,40}\b(?:instrucciones|rúbrica|rubrica|reglas|criterios)\b|\b(?:puntuaci[oó]n|nota|calificaci[oó]n) (?:m[aá]xima|completa|perfecta)\b|\btodos los (?:puntos|criterios)\b[^.\n]{0,30}\b(?:cumpl\w+|correct\w+)|\bnota para el (?:evaluador|calificador|examinador)",
    r"\b(?:ignore[zr]?|oublie[zr]?|n[ée]glige[zr]?)\b[^.\n]{0,12}\b(?:les|tes|vos|ces|toutes?|tous)\b[^.\n]{0,40}\b(?:instructions|consignes|bar[eè]me|crit[eè]res|grille)\b|\b(?:note|score) (?:maximale?|compl[eè]te|parfaite?)\b|\btous les (?:points|crit[eè]res)\b[^.\n]{0,30}\b(?:remplis|acquis|satisfaits|atteints|valid[ée]s)|\b(?:[aà] l'attention|message (?:au|pour)|note (?:au|pour))\b[^.\n]{0,12}\b(?:correcteur|examinateur|[ée]valuateur)",
    r"\b(?:ignorier\w*|vergiss|missachte\w*|[uü]bergeh\w*|vergessen sie)\b[^.\n]{0,50}\b(?:anweisungen|bewertung\w*|kriterien|vorgaben|regeln|instruktionen)\b|\b(?:volle|maximale|h[oö]chste) (?:punktzahl|punkte|bewertung|note)\b|\balle (?:punkte|kriterien)\b[^.\n]{0,30}\b(?:erf[uü]llt|erreicht)|\b(?:hinweis|nachricht|notiz) (?:an|f[uü]r) (?:den|die) (?:pr[uü]fer|bewerter|gutachter|korrektor)",
    r"\b(?:ignora\w*|dimentica\w*|trascura\w*)\b[^.\n]{0,40}\b(?:istruzioni|rubrica|criteri|regole)\b|\b(?:punteggio|voto) (?:massimo|pieno|completo)\b|\btutti i (?:punti|criteri)\b[^.\n]{0,30}\b(?:soddisfatti|raggiunti)",
    r"\b(?:ignore|ignora\w*|esque[cç]a\w*|desconsidere)\b[^.\n]{0,40}\b(?:instru[cç][oõ]es|rubrica|crit[eé]rios|regras)\b|\b(?:nota|pontua[cç][aã]o) (?:m[aá]xima|total|completa)\b|\btodos os (?:pontos|crit[eé]rios)\b[^.\n]{0,30}\b(?:atendidos|cumpridos|satisfeitos)",
    r"\b(?:negeer|vergeet)\b[^.\n]{0,40}\b(?:instructies|criteria|regels|rubriek)\b|\b(?:maximale|volledige|hoogste) (?:score|punten|cijfer)\b",
    r"\b(?:zignoruj|ignoruj|pomiń|pomin)\b[^.\n]{0,50}\b(?:instrukcj\w+|kryteri\w+|polece\w+)|\b(?:maksymaln\w+|pełn\w+|najwyższ\w+|najwyzsz\w+|peln\w+) (?:liczb\w+ punkt\w+|ocen\w+|punkt\w+)",
    r"\b(?:yok say|g[oö]rmezden gel|unut)\w*|\b(?:tam|en y[uü]ksek) (?:puan|not)\b",
    r"\b(?:abaikan|lupakan)\b[^.\n]{0,40}\b(?:instruksi|perintah|rubrik|kriteria)\b|\bnilai (?:penuh|maksimal|sempurna|tertinggi)\b",
    r"\b(?:b[oỏ] qua)\b[^.\n]{0,40}|\bđi[eể]m (?:t[oố]i đa|cao nh[aấ]t)\b|\b(?:bo|điem) (?:qua|toi)\b|\bdiem toi da\b",
    r"\b(?:ignorera|bortse|glöm|glom)\b[^.\n]{0,40}\b(?:instruktion\w*|kriteri\w*|regler)\b|\b(?:full|högsta|hogsta|maximal) (?:poäng|poang|betyg)\b",
    r"(?:игнорир\w*|забуд\w*|проигнорир\w*|не учитыва\w*)[^.\n]{0,50}(?:инструкци\w*|указани\w*|критери\w*|рубрик\w*|правил\w*)|(?:максимальн\w*|полн\w*|высш\w*) (?:балл\w*|оценк\w*)|все (?:пункты|критерии)[^.\n]{0,30}выполнен\w*",
    r"(?:ігнору\w*|забудь\w*)[^.\n]{0,50}(?:інструкці\w*|вказівк\w*|критері\w*)|максимальн\w* (?:бал\w*|оцінк\w*)",
    r"(?:忽略|忽视|无视|無視|忘记|忘掉|忽視).{0,16}(?:指令|指示|说明|規則|规则|标准|提示|評分|评分)|(?:满分|滿分|最高分|全部得分)|所有.{0,8}(?:评分点|得分点|要点|标准).{0,8}(?:满足|达到|符合)",
    r"(?:無視|忘れ|従わな).{0,12}|.{0,16}(?:指示|採点基準|ルール|命令).{0,6}(?:無視|忘れ)|満点|最高点",
    r"(?:지시|지침|명령|규칙|기준).{0,12}(?:무시|잊)|만점|최고 ?점수|모든 (?:항목|기준).{0,12}(?:충족|통과)",
    r"(?:تجاهل|انس|اهمل).{0,40}(?:التعليمات|المعايير|القواعد|الأوامر|الاوامر)|(?:الدرجة|العلامة) (?:الكاملة|القصوى|النهائية)|درجة كاملة",
    r"(?:התעלם|התעלמ\w*|שכח).{0,40}(?:הוראות|ההוראות|הקריטריונים|מחוון)|ציון (?:מלא|מרבי|מקסימלי)",
    r"(?:نادیده بگیر\w*|فراموش کن\w*).{0,40}|.{0,40}(?:نادیده بگیر)|نمره (?:کامل|کامله)",
    r"(?:निर्देश\w*|नियम\w*).{0,24}(?:अनदेखा|नज़रअंदाज़|भूल)|पूरे अंक|पूर्ण अंक|अधिकतम अंक",
)  # fmt: skip

# Forged structure: it is flagged where its block says what it is after.
STRUCTURE = (
    r"</?\s*(?:system|assistant|user|human|instructions?|answer|candidate|rubric|grad\w+|submission|student\w*|response|evaluat\w*|verdict|score|prompt|context|tool\w*|function\w*|data|document|admin|override|end\w*|im_\w+|s|meta|reasoning|thinking|hidden|note|div|span|p|script|style|details|img|a)\b[^<>\n]{0,80}>"
    r"|<\|[^|<>\n]{1,40}\|>|<!--|\[/?\s*(?:inst|system|sys|assistant|user|end[^\]\n]{0,40}|admin|override|tool[^\]\n]{0,20}|note|hidden|rubric|evidence|verdict|answer|result|grader[^\]\n]{0,20})\b[^\]\n]{0,20}\]|\[//\]:"
    r"|<<\s*/?\s*\w+[^<>\n]{0,30}>>|\{[{%#]|\{\s*[\"']\w+[\"']\s*:"
    r"|(?:^|\n)[ \t>*_]*#{1,6}[^\n]*\b(?:system|instruct\w*|grad\w*|evaluat\w*|rubric|admin|override|assistant|verdict|score|result|response)\b"
    r"|(?:^|\n)[ \t]*[-=*_~#+]{3,}[^\n]{0,10}\b(?:end|begin|start|stop|system|instr\w*|grad\w*|answer|submission)\b"
    r"|(?:^|\n|[.!?][ \t]{1,3})[ \t>*_\[(]*(?:system|assistant|developer|user|human|ai|grader|judge|evaluator|examiner|interviewer|reviewer|tool|function|observation|thought|action|final answer|admin|root|moderator)\s*(?:\([^)\n]{0,40}\)|\w+)?[ \t*_\])]*:"
    r"|(?:^|\n)[ \t]*(?:begin|end) (?:of )?(?:the )?(?:answer|submission|candidate|student|response|data|transcript)"
    r"|`{3,}|\\n\\n(?:human|assistant|system):|\b(?:tool_calls?|function_calls?|tool_use|tool_result)\b|\\[a-z]+\{"
)  # fmt: skip
AFTER = (
    r"\b(?:grader|grading|graded|rubric|verdict|full (?:marks|credit|score|points)|award|marks|all (?:the |rubric )?(?:points|criteria)|(?:final|overall) (?:score|grade|mark)"
    r"|score\s*[\"']?\s*(?:of |is |[:=])?\s*[\"']?(?:3|10|100|max\w*|full)\b|criteri(?:on|a)\b[^.\n]{0,20}\b(?:met|satisf\w*)|pass the candidate|grade\s*[\"']?\s*[:=]|point \d|correct(?:ness)?[\"']?\s*:\s*true|top marks|strong hire"
    r"|(?:ignore|disregard|forget|override)\b[^.\n]{0,30}\b(?:instructions?|above|previous|rules))"
)  # fmt: skip

# Beside a flagged passage, sentences with these words belong to it.
BESIDE = (
    r"\b(?:grader|graded|grading|grades?(?!-)|rubric|verdicts?|marks|full credit|criteria|criterion|(?:this|my|the above) (?:answer|response|submission)|candidate|previous instructions|your (?:instructions|previous)|"
    r"decode|base64|rot13|hidden|obey|follow (?:it|them|this)|system prompt|award\w*|points? (?:is|are|as) met|\bmet\b)"
)  # fmt: skip

# Cheap look before a disguise (turned letters, digits for letters, ...) is searched in earnest.
HINT = re.compile(
    r"ignore|disregard|full marks|full credit|full score|perfect score|verdict|rubric|instruction|award|all points|grader|maximum (?:score|points|marks)|score (?:this|me|it)|mark (?:this|every|all)|top marks|highest (?:score|marks|grade)"
)
# The same with every space and mark left out: letters spaced, dotted, or quoted apart.
CONDENSED = re.compile(
    r"(?:ignore|disregard|forget|override)(?:all|any|the|of|your|my)*(?:previous|prior|above|earlier|your|grading)(?:grading|system)?(?:instructions?|rubrics?|rules|guidelines|criteria|prompts?)"
    r"|(?:award|give|assign|grant)(?:me|it|this|this?answer|them|the|a|us)*(?:full|maximum|max|top|perfect|highest)(?:marks?|credit|scores?|points|grade)"
    r"|(?:mark|set|treat|count)(?:all|every|each)(?:rubric)?(?:points?|criteria|criterion|verdicts?)(?:as|to)?(?:being)?met|all(?:rubric)?(?:points|criteria)(?:are|asbeing|as)met"
)
