"""Checks a Cost and Usage dataset against FOCUS 1.4, the FinOps Open Cost and Usage Specification of June 2026: presence,
types, nullability, allowed values and what columns must be to each other, as its column definitions word it.

Never in here: where the file comes from. Conditions that never hold for a gateway (commitments, capacity, regions,
several currencies) have no rule."""

import json
import re
from collections import defaultdict
from datetime import datetime
from decimal import Decimal

# CostAndUsage MUST include them, whatever is sold.
MANDATORY = """BilledCost BillingAccountId BillingAccountName BillingCurrency BillingPeriodEnd BillingPeriodStart
    ChargeCategory ChargeClass ChargeDescription ChargePeriodEnd ChargePeriodStart ContractedCost EffectiveCost
    HostProviderName InvoiceIssuerName ListCost PricingQuantity PricingUnit ServiceCategory ServiceName
    ServiceProviderName""".split()
# … when usage is measured, prices are published or negotiated, and invoices are payable.
CONDITIONAL = """ConsumedQuantity ConsumedUnit ContractedUnitPrice InvoiceDetailId InvoiceId ListUnitPrice ResourceId
    ResourceName ResourceType SkuId SkuMeter SkuPriceDetails SkuPriceId SubAccountId SubAccountName Tags""".split()
RECOMMENDED = ["ChargeFrequency", "ServiceSubcategory"]
OPTIONAL = ["PricingCategory", "SubAccountType"]
NEVER_NULL = """BilledCost BillingAccountId BillingCurrency BillingPeriodEnd BillingPeriodStart ChargeCategory
    ChargeFrequency ChargePeriodEnd ChargePeriodStart ContractedCost EffectiveCost HostProviderName InvoiceIssuerName
    ListCost ServiceCategory ServiceName ServiceProviderName ServiceSubcategory""".split()
DECIMALS = """BilledCost ConsumedQuantity ContractedCost ContractedUnitPrice EffectiveCost ListCost ListUnitPrice
    PricingQuantity""".split()
INSTANTS = ["BillingPeriodEnd", "BillingPeriodStart", "ChargePeriodEnd", "ChargePeriodStart"]
ALLOWED = {
    "BillingCurrency": {"USD"},
    "ChargeCategory": {"Usage", "Purchase", "Tax", "Credit", "Adjustment"},
    "ChargeClass": {"", "Correction"},
    "ChargeFrequency": {"One-Time", "Recurring", "Usage-Based"},
    "PricingCategory": {"", "Standard", "Dynamic", "Committed", "Other"},
    "ServiceCategory": {"AI and Machine Learning"},
    "ServiceSubcategory": {
        "AI Platforms", "Bots", "Generative AI", "Machine Learning", "Natural Language Processing",
        "Other (AI and Machine Learning)",
    },
}
NUMBER = re.compile(r"^-?\d+(\.\d+)?(E-?\d+)?$")
INSTANT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
PASCAL = re.compile(r"^[A-Z][A-Za-z0-9]*$")
UNIT = re.compile(r"^(\d+ )?[A-Z][A-Za-z]*s$")


def faults(columns: list[str], rows: list[dict]) -> list[str]:
    """What is wrong, in words; nothing if it conforms. A value that is absent is the empty text."""
    found = heads(columns)
    for number, row in enumerate(rows, 1):
        wrong = [*values(row), *nulls(row)]
        # What a value must be to another means nothing while one of them is none.
        found += [f"row {number}: {fault}" for fault in wrong or relations(row)]
    return found + across(rows)


def heads(columns: list[str]) -> list[str]:
    known = {*MANDATORY, *CONDITIONAL, *RECOMMENDED, *OPTIONAL}
    found = [f"{name} is missing" for name in [*MANDATORY, *CONDITIONAL, *RECOMMENDED] if name not in columns]
    custom = [name for name in columns if name not in known]
    found += [f"{name} is no column of FOCUS and has no x_" for name in custom if not name.startswith("x_")]
    found += [f"{name} is not in Pascal case" for name in columns if not PASCAL.match(name.removeprefix("x_"))]
    if columns[len(columns) - len(custom):] != custom:
        found.append("custom columns stand among those of FOCUS")
    return found + [f"{name} is there twice" for name in set(columns) if columns.count(name) > 1]


def values(row: dict) -> list[str]:
    found = [f"{name} is null" for name in NEVER_NULL if row[name] == ""]
    found += [f"{name} is no number: {row[name]}" for name in DECIMALS if row[name] and not NUMBER.match(row[name])]
    found += [f"{name} is no UTC instant: {row[name]}" for name in INSTANTS if not INSTANT.match(row[name])]
    found += [f"{name} may not be {row[name]!r}" for name, allowed in ALLOWED.items() if row[name] not in allowed]
    for name in ("PricingUnit", "ConsumedUnit"):
        if row[name] and not UNIT.match(row[name]):
            found.append(f"{name} is no unit: {row[name]}")
    for name in ("SkuPriceDetails", "Tags"):
        if row[name]:
            found += pairs(name, row[name])
    return found


def pairs(name: str, text: str) -> list[str]:
    told = json.loads(text, object_pairs_hook=list)
    found = [f"{name} has {key} twice" for key, _ in told if sum(key == other for other, _ in told) > 1]
    found += [f"{name}.{key} is no plain value" for key, value in told if isinstance(value, (list, dict))]
    if name == "SkuPriceDetails":
        found += [f"{name}.{key} is ours and has no x_" for key, _ in told if not key.startswith("x_")]
    return found


def nulls(row: dict) -> list[str]:
    """What may be absent when."""
    found, null = [], {name for name, value in row.items() if value == ""}
    priced = "SkuPriceId" not in null
    metered = row["ChargeCategory"] in ("Usage", "Purchase") and row["ChargeClass"] != "Correction"
    if metered and not priced:
        found.append("SkuPriceId is null, though something was used")
    for name in ("PricingQuantity", "PricingUnit", "ListUnitPrice", "ContractedUnitPrice", "PricingCategory"):
        if not priced and name not in null:
            found.append(f"{name} is there without a SkuPriceId")
        if metered and name in null:
            found.append(f"{name} is null, though something was used")
    for name in ("ConsumedQuantity", "ConsumedUnit"):
        if (name in null) == (metered and row["ChargeCategory"] == "Usage"):
            found.append(f"{name} must be there if and only if something was used")
    for name, of in (("SkuMeter", "SkuId"), ("SkuPriceDetails", "SkuPriceId"), ("ResourceName", "ResourceId"),
                     ("ResourceType", "ResourceId"), ("SubAccountName", "SubAccountId"), ("SubAccountType", "SubAccountId")):
        if of in null and name not in null:
            found.append(f"{name} is there without {of}")
    if ("SkuId" in null) != ("SkuPriceId" in null):
        found.append("SkuId and SkuPriceId are not there together")
    return found


def relations(row: dict) -> list[str]:
    found = []
    number = {name: Decimal(row[name]) for name in DECIMALS if row[name]}
    for cost, price in (("ListCost", "ListUnitPrice"), ("ContractedCost", "ContractedUnitPrice")):
        if price in number and number[price] * number["PricingQuantity"] != number[cost]:
            found.append(f"{cost} is not {price} times PricingQuantity")
        if price in number and number[price] < 0:
            found.append(f"{price} is below zero")
        if price not in number and number[cost] != number["BilledCost"]:
            found.append(f"{cost} of an unpriced charge is not its BilledCost")
    if number["EffectiveCost"] != number["BilledCost"]:
        found.append("EffectiveCost is not BilledCost, though nothing covers the charge")
    # Half a nano-dollar: what is billed is what was agreed times the quantity, rounded once.
    if "ContractedUnitPrice" in number and abs(number["BilledCost"] - number["ContractedCost"]) > Decimal("5.1E-10"):
        found.append("BilledCost is not ContractedCost, though nothing was paid before")
    # A quantity is counted in the unit that is priced, or in a multiple of it.
    if row["PricingUnit"]:
        multiple, _, unit = row["PricingUnit"].rpartition(" ")
        if unit != row["ConsumedUnit"] or number["PricingQuantity"] * int(multiple or 1) != number["ConsumedQuantity"]:
            found.append("PricingQuantity and ConsumedQuantity are not the same in units")
    if row["ChargeClass"] == "Correction" and row["InvoiceId"] and row["ChargeCategory"] == "Usage":
        found.append("usage of an invoice is no correction")
    if row["ChargeCategory"] == "Purchase" and row["ChargeFrequency"] == "Usage-Based":
        found.append("a purchase is not usage-based")
    for start, end in (("ChargePeriodStart", "ChargePeriodEnd"), ("BillingPeriodStart", "BillingPeriodEnd")):
        if datetime.fromisoformat(row[start]) >= datetime.fromisoformat(row[end]):
            found.append(f"{end} does not lie after {start}")
    return found


def across(rows: list[dict]) -> list[str]:
    """What one thing is called must not change from row to row."""
    found = []
    for of, name in (("SkuPriceId", "SkuId"), ("SkuPriceId", "SkuPriceDetails"), ("SkuId", "SkuMeter"),
                     ("SkuPriceId", "PricingUnit"), ("InvoiceId", "InvoiceIssuerName"), ("InvoiceId", "BillingPeriodStart"),
                     ("BillingPeriodStart", "BillingPeriodEnd"), ("ResourceId", "ResourceName")):
        seen = defaultdict(set)
        for row in rows:
            if row[of]:
                seen[row[of]].add(row[name])
        found += [f"{of} {value} has several {name}" for value, names in seen.items() if len(names) > 1]
    return found
