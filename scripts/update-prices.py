"""Writes src/processors/cost/price-data.generated.json from the data of the Python package genai-prices (MIT).

    pip install genai-prices && python3 scripts/update-prices.py --as-of 2026-09-23

The Python package carries newer prices than its npm twin, and prices for batch and other processing modes.
`--as-of` is a day on which the prices were surely true, such as that of the newest release known to be older: the age of
the prices is a metric, and should rather be too high.
"""

import argparse
import json
import pathlib
from datetime import date, time
from importlib.metadata import version

from genai_prices import data, data_units, types


def clause(logic):
    if logic is None:
        return None
    name = type(logic).__name__
    if name in ("ClauseOr", "ClauseAnd"):
        key = "or" if name == "ClauseOr" else "and"
        return {key: [clause(part) for part in getattr(logic, key + "_", None) or getattr(logic, key)]}
    keys = {
        "ClauseEquals": "equals",
        "ClauseStartsWith": "starts_with",
        "ClauseEndsWith": "ends_with",
        "ClauseContains": "contains",
        "ClauseRegex": "regex",
    }
    return {keys[name]: getattr(logic, keys[name])}


def number(value):
    return int(value) if value == int(value) else float(value)


def prices(model_price):
    out = {}
    for key, value in vars(model_price).items():
        if value is None:
            continue
        if isinstance(value, types.TieredPrices):
            tiers = [{"start": tier.start, "price": number(tier.price)} for tier in value.tiers]
            out[key] = {"base": number(value.base), "tiers": tiers}
        else:
            out[key] = number(value)
    return out


def clock(value: time) -> str:
    return value.isoformat().replace("+00:00", "Z") if value.tzinfo else value.isoformat() + "Z"


def constraint(value):
    if value is None:
        return None
    if isinstance(value, types.StartDateConstraint):
        assert isinstance(value.start_date, date)
        return {"type": "start_date", "start_date": value.start_date.isoformat()}
    return {"type": "time_of_date", "start_time": clock(value.start_time), "end_time": clock(value.end_time)}


def without_none(mapping):
    return {key: value for key, value in mapping.items() if value is not None}


def model(info):
    if isinstance(info.prices, types.ModelPrice):
        listed = [{"prices": prices(info.prices)}]
    else:
        listed = [without_none({"constraint": constraint(p.constraint), "prices": prices(p.prices)}) for p in info.prices]
    variants = [
        without_none({"when": v.when, "constraint": constraint(v.constraint), "prices": prices(v.prices)})
        for v in info.price_variants or ()
    ]
    return without_none(
        {"id": info.id, "match": clause(info.match), "prices": listed, "variants": variants or None}
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--as-of", required=True, type=date.fromisoformat)
    arguments = parser.parse_args()
    out = {
        "source": f"genai-prices {version('genai-prices')}",
        "asOf": arguments.as_of.isoformat(),
        "units": {
            key: {"priceKey": unit.get("price_key", key), "per": unit["per"], "dimensions": unit["dimensions"]}
            for key, unit in data_units.unit_data.items()
        },
        "providers": [
            without_none(
                {
                    "id": p.id,
                    "apiPattern": p.api_pattern,
                    "providerMatch": clause(p.provider_match),
                    "modelMatch": clause(p.model_match),
                    "fallbacks": p.fallback_model_providers,
                    "models": [model(info) for info in p.models],
                }
            )
            for p in data.providers
        ],
    }
    path = pathlib.Path(__file__).parent.parent / "src/processors/cost/price-data.generated.json"
    lines = [json.dumps(provider, separators=(",", ":")) for provider in out.pop("providers")]
    head = json.dumps(out, separators=(",", ":"))[:-1]
    path.write_text(head + ',"providers":[\n' + ",\n".join(lines) + "\n]}\n")


main()
