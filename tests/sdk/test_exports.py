"""Exports opened by other software: CSV by pandas, workbooks by openpyxl and, where it is installed, LibreOffice; FOCUS by
the rules of its specification. Each adds the rows up itself and must come to what the ledger says.

    python test_exports.py CARD_JSON

Called by run.py, in an environment that has pandas and openpyxl."""

import io
import json
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request
import uuid
from decimal import Decimal
from pathlib import Path

import openpyxl
import pandas

import focus
from manage import Manage
from staged import run

EVIL = '=HYPERLINK("http://example.com","名称")'
CENTRE = '研发, "R"'


class Exports(unittest.TestCase):
    """The files of the demo tenant."""

    manage: Manage
    nano: int

    @classmethod
    def prepare(cls, card: dict):
        """Usage by a key with an evil name; then nothing more happens."""
        cls.manage = Manage.sign_in(card)
        key = cls.manage.key(name=f"{EVIL}{uuid.uuid4().hex[:6]}", cost_centre=CENTRE, tags=["blue", "a,b"])
        body = {"model": "claude-sonnet-4-6", "max_tokens": 20, "messages": [{"role": "user", "content": "Hello!"}]}
        headers = {"content-type": "application/json", "x-api-key": key["secret"], "anthropic-version": "2023-06-01"}
        request = urllib.request.Request(f"{card['base_url']}/api/v1/messages", json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            answer.read()
        # Others were there before: this one must be in the books.
        until = time.monotonic() + 30
        while not cls.manage.call("GET", f"/requests?key_id={key['key']['id']}")["items"]:
            if time.monotonic() > until:
                raise AssertionError("the request is not in the books")
            time.sleep(0.1)
        cls.range = "from=2026-01-01T00:00:00Z&to=2190-01-01T00:00:00Z"
        cls.nano = int(cls.manage.call("GET", "/billing/balance")["charged_nano"])

    def file(self, name: str, more: str = "") -> bytes:
        manage = self.manage
        url = f"{manage.base_url}/api/v2/exports/files/{name}?{self.range}{more}"
        request = urllib.request.Request(url, headers={"authorization": f"Bearer {manage.token}"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read()

    def table(self, name: str, more: str = "") -> pandas.DataFrame:
        return pandas.read_csv(io.BytesIO(self.file(name, more)), dtype=str, keep_default_na=False)

    def total(self, rows, column: str) -> int:
        return int(sum(map(Decimal, rows[column])) * 10**9)

    def test_pandas_reads_each_csv_file_and_adds_it_up(self):
        for name, more in (("usage.csv", "&bom=true"), ("summary.csv", "&group=day,key,model"), ("charge_back.csv", "")):
            table = self.table(name, more)
            rows, totals = table[table.line != "total"], table[table.line == "total"]
            self.assertEqual(self.total(rows, "charge_usd"), self.nano, name)
            self.assertEqual(self.total(totals, "charge_usd"), self.nano, name)
        usage = self.table("usage.csv")
        evil = usage[usage.key_name.str.contains("HYPERLINK")]
        self.assertGreater(len(evil), 0)
        self.assertTrue(evil.key_name.str.startswith("'=").all())
        self.assertEqual(set(evil.cost_centre), {CENTRE})

    def test_json_lines_and_csv_hold_the_same(self):
        table = self.table("usage.csv")
        lines = [json.loads(line) for line in self.file("usage.jsonl").decode().splitlines()]
        self.assertEqual([line["request_id"] or "" for line in lines], list(table.request_id))
        self.assertEqual([line["charge_usd"] for line in lines], list(table.charge_usd))

    def check_book(self, book: openpyxl.Workbook):
        head, *rows = book.worksheets[0].iter_rows(values_only=True)
        number, exact = head.index("charge_usd"), head.index("charge_usd_exact")
        *lines, totals = rows
        self.assertEqual(totals[0], "total")
        self.assertEqual(int(sum(Decimal(str(row[exact])) for row in lines) * 10**9), self.nano)
        self.assertAlmostEqual(sum(row[number] for row in lines), self.nano / 1e9, places=9)
        names = {row[head.index("key_name")] for row in lines}
        self.assertTrue(any(name and name.startswith(EVIL) for name in names), names)
        formulas = {cell.value for row in book.worksheets[0].iter_rows() for cell in row if cell.data_type == "f"}
        # LibreOffice writes yes and no so.
        self.assertLessEqual(formulas, {"=TRUE()", "=FALSE()"})

    def test_openpyxl_reads_a_workbook(self):
        self.check_book(openpyxl.load_workbook(io.BytesIO(self.file("usage.xlsx"))))

    @unittest.skipUnless(shutil.which("soffice"), "LibreOffice is not installed")
    def test_libreoffice_reads_a_workbook_and_writes_the_same(self):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "usage.xlsx").write_bytes(self.file("usage.xlsx"))
            out = Path(folder) / "out"
            convert = ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", "xlsx"]
            subprocess.run([*convert, "--outdir", out, f"{folder}/usage.xlsx"], check=True, capture_output=True, timeout=120)
            self.check_book(openpyxl.load_workbook(out / "usage.xlsx"))

    def test_focus_conforms_and_ties(self):
        table = self.table("focus.csv")
        rows = table.to_dict("records")
        self.assertEqual(focus.faults(list(table.columns), rows), [])
        self.assertEqual(self.total(table, "BilledCost"), self.nano)
        tags = {row["Tags"] for row in rows if row["SubAccountId"] == CENTRE}
        self.assertEqual([json.loads(text) for text in tags], [{"a,b": True, "blue": True}])

    def test_the_validator_finds_what_is_wrong(self):
        """Else it would prove nothing."""
        table = self.table("focus.csv")
        columns, row = list(table.columns), next(row for row in table.to_dict("records") if row["SkuPriceId"])
        self.assertEqual(focus.faults(columns, [row]), [])
        for change in (
            {"BilledCost": ""}, {"BilledCost": "$1"}, {"ListCost": "1"}, {"ChargeCategory": "usage"},
            {"SkuPriceId": ""}, {"ChargePeriodEnd": row["ChargePeriodStart"]}, {"Tags": '{"a": [1]}'},
            {"ChargePeriodStart": "2026-01-01"}, {"EffectiveCost": "5"}, {"ConsumedQuantity": ""},
            {"PricingUnit": "per million"}, {"PricingUnit": "Images"}, {"ContractedCost": "1"}, {"SkuPriceDetails": '{"Meter": "input"}'}, {"ServiceCategory": "AI"},
        ):
            self.assertNotEqual(focus.faults(columns, [row | change]), [], change)
        self.assertNotEqual(focus.faults([name for name in columns if name != "ListCost"], []), [])
        self.assertNotEqual(focus.faults(["x_First", *columns], []), [])


if __name__ == "__main__":
    Exports.prepare(json.loads(Path(sys.argv[1]).read_text()))
    sys.exit(run("exports", unittest.defaultTestLoader.loadTestsFromTestCase(Exports)))
