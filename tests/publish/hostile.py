"""Texts that break maps which let text from files reach a template, a script or HTML.

Nothing here does harm where it works: a mark is set on the window, or a product is computed.
"""

PRODUCT = str(1234567 * 1000003)
MARK = "window.__hostile=1"

TAGS = (
    f"<script>{MARK}</script>",
    f"</script><script>{MARK}</script>",
    f"<img src=x onerror={MARK}>",
    f'"><svg onload={MARK}>',
    f"<svg><animate onbegin={MARK} attributeName=x dur=1s>",
    f"<body onload={MARK}>",
    f"<iframe srcdoc='<script>parent.{MARK}</script>'></iframe>",
    f"<a href='javascript:{MARK}'>x</a>",
    f"<details open ontoggle={MARK}>x",
    "<!-- ",
    "--> x",
    "<![CDATA[x]]>",
    "<plaintext>",
    "<textarea>",
    "</textarea></title></style></noscript></template>",
    "<style>*{display:none}</style>",
    "<base href='//example.invalid/'>",
    "<meta http-equiv=refresh content='0;url=about:blank'>",
    "<link rel=stylesheet href=x>",
    "&lt;b&gt; &amp; &#60;b&#62;",
    "&nbsp;&#0;&bogus;",
)
TEMPLATES = (
    "{{1234567*1000003}}",
    "{% if 1 %}yes{% endif %}",
    "{% if",
    "{{",
    "}}",
    "{#",
    "#}",
    "{# note #}",
    "{% raw %}",
    "{% endraw %}{{1234567*1000003}}",
    "{{ self }}",
    "{{ this.get_name() }}",
    "{{'a'|upper}}",
    "{%- set x = 1234567*1000003 -%}{{x}}",
    "${1234567*1000003}",
    "${" + MARK + "}",
    "`${" + MARK + "}`",
    "`",
    "`+(" + MARK + ")+`",
    "#{1234567*1000003}",
    "<%= 1234567*1000003 %>",
    "%(x)s %s %d {0} {name}",
)
QUOTES = (
    "'",
    '"',
    "\\",
    "\\\\",
    "\\u003c",
    f"'-({MARK})-'",
    f'"-({MARK})-"',
    f"\\';{MARK};//",
    "a\nb\r\nc\td",
    "line\u2028separator\u2029paragraph",
    "null",
    "undefined",
    "__proto__",
    "constructor",
    "toString",
    "../../etc/x",
    "C:\\x\\y",
    "=1+1",
)
LETTERS = (
    "\u202eобърнато\u202c",
    "\u200fдясно\u200e ляво",
    "\u2066изолирано\u2069",
    "\u0000нула",
    "\ufeffзнак",
    "звук\u0301",
    "👩‍👩‍👧‍👦 🏚️",
    "عربي مع نص",
    "𝒳𝒴 \U0010fffd",
    "\ufffe\uffff",
    "\x1b[31m\x07\x85\x9f",
    "ѝ Ѝ ъ Ь „кавички“ № §",
    "м" * 64_000,
)
CORPUS: tuple[str, ...] = (*TAGS, *TEMPLATES, *QUOTES, *LETTERS)


def whole_corpus(n: int = 600) -> tuple[str, ...]:
    """`n` different texts: the corpus, then its texts joined two by two in a fixed order."""
    short = [text for text in CORPUS if len(text) < 1000]
    joined = (a + b for step in range(1, len(short)) for a, b in zip(short, short[step:], strict=False))
    made = list(dict.fromkeys((*CORPUS, *joined)))
    return tuple(made[:n])
