"""Data modules of `Intl`, made from the npm packages of CLDR and from the tz database: one for each locale and subject.

A module is `data/SUBJECT/LOCALE`, an object of short keys that js/web/intl/ knows. None is in an image; each is loaded
with the first formatter that needs it. What is cut away is what no option of `Intl` asks for.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path

#: The locales with data of their own. The others fall back to these (js/web/intl/locale.js has the same list).
LOCALES = ("en", "en-GB", "zh", "ja", "de", "fr")
COUNTS = ("one", "many", "other")
WIDTHS = ("abbreviated", "narrow", "wide")
UNITS = (
    *("acre", "bit", "byte", "celsius", "centimeter", "day", "degree", "fahrenheit", "fluid-ounce", "foot"),
    *("gallon", "gigabit", "gigabyte", "gram", "hectare", "hour", "inch", "kilobit", "kilobyte", "kilogram"),
    *("kilometer", "liter", "megabit", "megabyte", "meter", "microsecond", "mile", "mile-scandinavian"),
    *("milliliter", "millimeter", "millisecond", "minute", "month", "nanosecond", "ounce", "percent", "petabyte"),
    *("pound", "second", "stone", "terabit", "terabyte", "week", "yard", "year"),
)
_RELATIVE = ("second", "minute", "hour", "day", "week", "month", "quarter", "year")
_APPENDED = {
    "Era": "G",
    "Year": "y",
    "Quarter": "Q",
    "Month": "M",
    "Week": "w",
    "Day-Of-Week": "E",
    "Day": "d",
    "Hour": "h",
    "Minute": "m",
    "Second": "s",
    "Timezone": "v",
}
_FIELD_NAMES = {
    "era": "G",
    "year": "y",
    "quarter": "Q",
    "month": "M",
    "week": "w",
    "weekday": "E",
    "day": "d",
    "dayperiod": "a",
    "hour": "h",
    "minute": "m",
    "second": "s",
    "zone": "v",
}


def _counted(table: dict, prefix: str = "unitPattern-count-") -> dict[str, str]:
    """The patterns of each plural form, without those that are the same as `other`."""
    found = {count: table[prefix + count] for count in COUNTS if prefix + count in table}
    return {count: text for count, text in found.items() if count == "other" or text != found.get("other")}


def _compact(table: dict) -> dict[str, list[str]]:
    """By plural form the pattern for each power of ten from 3 on."""
    powers = sorted({len(key.split("-")[0]) - 1 for key in table})
    found: dict[str, list[str]] = {}
    for count in COUNTS:
        patterns = []
        for power in range(3, powers[-1] + 1):
            key = f"1{'0' * power}-count-{count}"
            other = f"1{'0' * power}-count-other"
            patterns.append(table.get(key, table.get(other)))
        if count == "other" or patterns != found.get("other"):
            found[count] = patterns
    return {count: patterns for count, patterns in found.items() if count == "other" or patterns != found["other"]}


class Cldr:
    """The JSON of the packages below one node_modules folder."""

    def __init__(self, npm: Path) -> None:
        self._npm = npm

    def main(self, package: str, locale: str, name: str) -> dict:
        file = self._npm / f"cldr-{package}-full" / "main" / locale / f"{name}.json"
        return json.loads(file.read_bytes())["main"][locale]

    def core(self, name: str) -> dict:
        return json.loads((self._npm / "cldr-core" / "supplemental" / f"{name}.json").read_bytes())["supplemental"]

    def zones(self) -> dict:
        return json.loads((self._npm / "cldr-bcp47" / "bcp47" / "timezone.json").read_bytes())["keyword"]["u"]["tz"]


def numbers(cldr: Cldr, locale: str) -> object:
    """Symbols and patterns."""
    table = cldr.main("numbers", locale, "numbers")["numbers"]
    symbols, misc = table["symbols-numberSystem-latn"], table["miscPatterns-numberSystem-latn"]
    decimal, currency = table["decimalFormats-numberSystem-latn"], table["currencyFormats-numberSystem-latn"]
    short = currency["short"]["standard"]
    names = (
        *("decimal", "group", "percentSign", "plusSign", "minusSign", "exponential", "infinity", "nan"),
        "approximatelySign",
    )
    return {
        "symbols": {name: symbols[name] for name in names},
        "leastGrouping": int(table["minimumGroupingDigits"]),
        "decimal": decimal["standard"],
        "percent": table["percentFormats-numberSystem-latn"]["standard"],
        "scientific": table["scientificFormats-numberSystem-latn"]["standard"],
        "currency": currency["standard"],
        "accounting": currency["accounting"],
        "currencyUnit": _counted(currency),
        "long": _compact(decimal["long"]["decimalFormat"]),
        "short": _compact(decimal["short"]["decimalFormat"]),
        "shortCurrency": _compact(short),
        "range": misc["range"],
    }


def currencies(cldr: Cldr, locale: str) -> object:
    """By code: symbol, narrow symbol, name and its plural forms; empty where it is as in the code or the name."""
    found = {}
    for code, entry in cldr.main("numbers", locale, "currencies")["numbers"]["currencies"].items():
        symbol = entry.get("symbol", code)
        row: list[object] = ["" if symbol == code else symbol, entry.get("symbol-alt-narrow", "")]
        row += [entry.get("displayName", code), _counted(entry, "displayName-count-")]
        found[code] = row
    return found


def currency_digits(cldr: Cldr) -> object:
    """The currencies that have not two digits."""
    table = cldr.core("currencyData")["currencyData"]["fractions"]
    return {code: int(row["_digits"]) for code, row in table.items() if code != "DEFAULT" and row["_digits"] != "2"}


def units(cldr: Cldr, locale: str) -> object:
    """By width: patterns of each unit by plural form, its `per` pattern, and those of compounds that have their own."""
    table = cldr.main("units", locale, "units")["units"]
    found: dict[str, dict] = {}
    compounds = {f"{one}-per-{other}" for one in UNITS for other in UNITS}
    for width in ("long", "short", "narrow"):
        rows = found[width] = {"": table[width]["per"]["compoundUnitPattern"]}
        for key, entry in table[width].items():
            # The name of a unit comes after its category; `percent` is in `concentr`.
            name = key.partition("-")[2]
            if (name in UNITS or name in compounds) and "unitPattern-count-other" in entry:
                rows[name] = [_counted(entry), entry.get("perUnitPattern", "")]
    return found


def _named(table: dict, order: list[str]) -> dict:
    """By context and width, in an order of keys."""
    return {
        context: {width: [table[context][width][key] for key in order] for width in table[context]}
        for context in ("format", "stand-alone")
    }


def _styled(table: dict) -> list[str]:
    return [table[style] for style in ("full", "long", "medium", "short")]


def dates(cldr: Cldr, locale: str) -> object:
    """Names, patterns and intervals of the Gregorian calendar."""
    main = cldr.main("dates", locale, "ca-gregorian")["dates"]
    table = main["calendars"]["gregorian"]
    combined = table["dateTimeFormats"]
    intervals = combined["intervalFormats"]
    fields = cldr.main("dates", locale, "dateFields")["dates"]["fields"]
    rules = cldr.core("dayPeriods")["dayPeriodRuleSet"][locale.partition("-")[0]]
    plain = re.compile(r"^[A-Za-z]+$").match
    return {
        "months": _named(table["months"], [str(month) for month in range(1, 13)]),
        "days": _named(table["days"], ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
        "periods": {
            context: {
                width: {key: text for key, text in names.items() if "-alt-" not in key}
                for width, names in table["dayPeriods"][context].items()
            }
            for context in ("format", "stand-alone")
        },
        "periodRules": rules,
        "eras": [[table["eras"][kind][era] for era in ("0", "1")] for kind in ("eraAbbr", "eraNames", "eraNarrow")],
        "date": _styled(table["dateFormats"]),
        "time": _styled(table["timeFormats"]),
        "both": _styled(combined),
        "bothAt": _styled(table["dateTimeFormats-atTime"]["standard"]),
        "available": {key: text for key, text in combined["availableFormats"].items() if plain(key)},
        "append": {_APPENDED[key]: text for key, text in combined["appendItems"].items() if key in _APPENDED},
        "fields": {letter: fields[name]["displayName"] for name, letter in _FIELD_NAMES.items()},
        "intervals": {
            key: {letter: text for letter, text in entry.items() if plain(letter)}
            for key, entry in intervals.items() if plain(key) and isinstance(entry, dict)
        },
        "intervalFallback": intervals["intervalFormatFallback"],
    }  # fmt: skip


def zone_names(cldr: Cldr, locale: str) -> object:
    """What time zones are called: by metazone, and the few zones that have names of their own."""
    table = cldr.main("dates", locale, "timeZoneNames")["dates"]["timeZoneNames"]

    def row(entry: dict) -> list[str]:
        return [entry.get(w, {}).get(k, "") for w in ("long", "short") for k in ("standard", "daylight", "generic")]

    own = {
        f"{area}/{place}": row(entry)
        for area, places in table["zone"].items() for place, entry in places.items()
        if "long" in entry or "short" in entry
    }  # fmt: skip
    formats = {"gmt": table["gmtFormat"], "hours": table["hourFormat"]}
    return {**formats, "zones": own, "metazones": {name: row(entry) for name, entry in table["metazone"].items()}}


def relative(cldr: Cldr, locale: str) -> object:
    """By unit and style: words for -2 to 2, then the patterns of the past and of the future."""
    fields = cldr.main("dates", locale, "dateFields")["dates"]["fields"]
    found = {}
    for unit in _RELATIVE:
        for style, suffix in (("long", ""), ("short", "-short"), ("narrow", "-narrow")):
            entry = fields[unit + suffix]
            words = [entry.get(f"relative-type-{offset}", "") for offset in range(-2, 3)]
            tenses = [
                _counted(entry[f"relativeTime-type-{t}"], "relativeTimePattern-count-") for t in ("past", "future")
            ]
            found[f"{unit}-{style}"] = [words, *tenses]
    return found


def lists(cldr: Cldr, locale: str) -> object:
    """By type and style: pair, start, middle and end."""
    table = cldr.main("misc", locale, "listPatterns")["listPatterns"]
    found = {}
    for kind, name in (("conjunction", "standard"), ("disjunction", "or"), ("unit", "unit")):
        for style, suffix in (("long", ""), ("short", "-short"), ("narrow", "-narrow")):
            entry = table[f"listPattern-type-{name}{suffix}"]
            found[f"{kind}-{style}"] = [entry["2"], entry["start"], entry["middle"], entry["end"]]
    return found


def names(cldr: Cldr, locale: str) -> object:
    """What languages, regions and scripts are called."""
    found = {}
    for kind, file, key in (
        ("language", "languages", "languages"),
        ("region", "territories", "territories"),
        ("script", "scripts", "scripts"),
    ):  # fmt: skip
        table = cldr.main("localenames", locale, file)["localeDisplayNames"][key]
        found[kind] = {
            code: text for code, text in table.items() if "-alt-menu" not in code and "-alt-variant" not in code
        }
    table = cldr.main("localenames", locale, "localeDisplayNames")["localeDisplayNames"]["localeDisplayPattern"]
    found["patterns"] = [table["localePattern"], table["localeSeparator"]]
    fields = cldr.main("dates", locale, "dateFields")["dates"]["fields"]
    kinds = {"weekOfYear": "week", "dayPeriod": "dayperiod", "timeZoneName": "zone"}
    kinds |= {name: name for name in ("era", "year", "quarter", "month", "weekday", "day", "hour", "minute", "second")}
    found["dateTimeField"] = {
        kind: [fields[name + suffix]["displayName"] for suffix in ("", "-short", "-narrow")]
        for kind, name in kinds.items()
    }
    return found


def likely(cldr: Cldr) -> object:
    """Likely subtags of languages with two letters and of regions, for Intl.Locale."""
    table = cldr.core("likelySubtags")["likelySubtags"]
    return {key: tag for key, tag in table.items() if re.match(r"..(-|$)|und(-\w+)?$", key)}


SUBJECTS: dict[str, Callable[[Cldr, str], object]] = {
    "numbers": numbers,
    "currencies": currencies,
    "units": units,
    "dates": dates,
    "zone-names": zone_names,
    "relative": relative,
    "lists": lists,
    "names": names,
}


def data_modules(npm: Path) -> dict[str, object]:
    """What each module exports, by its name."""
    cldr = Cldr(npm)
    made = {f"data/{subject}/{locale}": make(cldr, locale) for subject, make in SUBJECTS.items() for locale in LOCALES}
    return {**made, "data/currency-digits": currency_digits(cldr), "data/likely": likely(cldr)}
