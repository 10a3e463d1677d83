"""MIK, the code page of Bulgarian DOS programs, as a codec of Python: ``b"...".decode("mik")``.

A straight alphabet, then frames and signs. Neither Python nor GDAL knows it, but files of the
cadastre are written in it to this day.

>>> "Улица № 5".encode("mik").decode("mik")
'Улица № 5'
"""

import codecs

_MIK_HIGH = (
    "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ"
    "абвгдежзийклмнопрстуфхцчшщъыьэюя"
    "└┴┬├─┼╣║╚╔╩╦╠═╬┐░▒▓│┤№§╗╝┘┌█▄▌▐▀"
    "αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\N{NO-BREAK SPACE}"
)
_MIK_TABLE = "".join(chr(code) for code in range(0x80)) + _MIK_HIGH
_MIK_ENCODING = codecs.charmap_build(_MIK_TABLE)


class _MikCodec(codecs.Codec):
    def encode(self, input: str, errors: str = "strict") -> tuple[bytes, int]:  # noqa: A002 name of the base class
        return codecs.charmap_encode(input, errors, _MIK_ENCODING)

    def decode(self, input: bytes, errors: str = "strict") -> tuple[str, int]:  # noqa: A002 name of the base class
        return codecs.charmap_decode(input, errors, _MIK_TABLE)


def _find_mik(name: str) -> codecs.CodecInfo | None:
    if name not in {"mik", "bulgarian_mik"}:
        return None
    return codecs.CodecInfo(_MikCodec().encode, _MikCodec().decode, name="mik")  # type: ignore[arg-type]  # any buffer


codecs.register(_find_mik)
