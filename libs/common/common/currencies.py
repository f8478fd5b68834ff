"""The decimal places of the amounts of a currency (ISO 4217)."""

_USUAL = 2
_OTHERS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}


def decimal_places(currency: str) -> int:
    return next((decimals for decimals, names in _OTHERS.items() if currency in names.split()), _USUAL)
