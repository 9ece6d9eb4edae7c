#!/usr/bin/env python3
"""Makes the roster files beside it: the synthetic Dapodik sample in every form in which schools send it, and files that
attack. Nobody in them exists. Needs `pip install openpyxl xlwt odfpy`; run it from anywhere, the files land beside it. Not made
here are broken_cabinet.xls and claims_memory.xls: a fuzzer made them from password.xls, and large.py makes large ones.
"""

import codecs
import csv
import io
import struct
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import openpyxl
import xlwt
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import CoveredTableCell, Table, TableCell, TableRow
from odf.text import P
from xlwt import CompoundDoc

HERE = Path(__file__).parent
SAMPLE = next((HERE / "../../../config/sample").glob("daftar_pd-*.xlsx"))
TITLE = "Daftar Peserta Didik"


def sample():
    """The sample's cells, and its merges as (row, column, rows, columns) from 0."""
    sheet = openpyxl.load_workbook(SAMPLE).active
    rows = [["" if value is None else value for value in row] for row in sheet.iter_rows(values_only=True)]
    merges = [
        (m.min_row - 1, m.min_col - 1, m.max_row - m.min_row + 1, m.max_col - m.min_col + 1)
        for m in sheet.merged_cells.ranges
    ]
    return rows, merges


ROWS, MERGES = sample()
NOTES = [["Catatan operator"], ["Nama file", "Tanggal"], ["contoh", "2026-11-02"]]


def biff(sheets, merges=()):
    book = xlwt.Workbook()
    for name, rows in sheets:
        sheet = book.add_sheet(name)
        for r, row in enumerate(rows):
            for c, value in enumerate(row):
                if value != "":
                    sheet.write(r, c, value)
        for r, c, height, width in merges:
            sheet.merge(r, r + height - 1, c, c + width - 1)
    return book


def saved(book):
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def password(book):
    """The workbook with a FILEPASS record behind its first record: what a protected file begins with."""
    data = book.get_biff_data()
    first = 4 + struct.unpack("<H", data[2:4])[0]
    out = io.BytesIO()
    CompoundDoc.XlsDoc().save(out, data[:first] + struct.pack("<HHHHH", 0x2F, 6, 1, 1, 1) + data[first:])
    return out.getvalue()


def ods(sheets, merges=()):
    """As LibreOffice writes it: merged cells covered, and empty rows to the sheet's end as one repeated row."""
    document = OpenDocumentSpreadsheet()
    merged = {(r, c): (height, width) for r, c, height, width in merges}
    covered = {
        (r + i, c + j) for r, c, height, width in merges for i in range(height) for j in range(width) if i or j
    }
    for name, rows in sheets:
        table = Table(name=name)
        for r, row in enumerate(rows):
            line = TableRow()
            for c, value in enumerate(row):
                if (r, c) in covered:
                    line.addElement(CoveredTableCell())
                    continue
                attributes = {}
                if (r, c) in merged:
                    attributes["numberrowsspanned"], attributes["numbercolumnsspanned"] = merged[r, c]
                if isinstance(value, (int, float)):
                    attributes |= {"valuetype": "float", "value": value}
                elif value != "":
                    attributes["valuetype"] = "string"
                cell = TableCell(**attributes)
                if value != "":
                    cell.addElement(P(text=str(value)))
                line.addElement(cell)
            table.addElement(line)
        rest = TableRow(numberrowsrepeated=1048576 - len(rows))
        rest.addElement(TableCell(numbercolumnsrepeated=16384))
        table.addElement(rest)
        document.spreadsheet.addElement(table)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def spreadsheet_ml(sheets, merges=(), encoding="UTF-8", raw=True):
    """As school systems put it together from strings: texts are not escaped, empty cells are left out, and a cell behind
    them says its index; cells under a merged one are not written at all."""
    text = escape if not raw else str
    merged = {(r, c): (height, width) for r, c, height, width in merges}
    out = [f'<?xml version="1.0" encoding="{encoding}"?>\r\n<?mso-application progid="Excel.Sheet"?>\r\n'
           '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
           'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet" xmlns:html="http://www.w3.org/TR/REC-html40">\r\n'
           ' <Styles><Style ss:ID="Default" ss:Name="Normal"/></Styles>\r\n']
    for name, rows in sheets:
        out.append(f' <Worksheet ss:Name="{name}">\r\n  <Table ss:ExpandedColumnCount="999999999" ss:ExpandedRowCount="4000000000">\r\n')
        out.append('   <Column ss:Width="30" ss:Span="65"/>\r\n')
        last_row = 0
        for r, row in enumerate(rows):
            if not any(value != "" for value in row):
                continue
            index = "" if r == last_row else f' ss:Index="{r + 1}"'
            out.append(f"   <Row{index}>")
            last_row, expected = r + 1, 0
            for c, value in enumerate(row):
                if value == "":
                    continue
                height, width = merged.get((r, c), (1, 1))
                attributes = "" if c == expected else f' ss:Index="{c + 1}"'
                attributes += f' ss:MergeAcross="{width - 1}"' if width > 1 else ""
                attributes += f' ss:MergeDown="{height - 1}"' if height > 1 else ""
                kind = "Number" if isinstance(value, (int, float)) else "String"
                out.append(f'<Cell{attributes}><Data ss:Type="{kind}">{text(str(value))}</Data></Cell>')
                expected = c + width
            out.append("</Row>\r\n")
        out.append("  </Table>\r\n  <WorksheetOptions><PageBreaks><RowBreaks><RowBreak><Row>60</Row></RowBreak>"
                   "</RowBreaks></PageBreaks></WorksheetOptions>\r\n </Worksheet>\r\n")
    out.append("</Workbook>\r\n")
    return "".join(out)


def with_marks(rows):
    """The sample with texts that break strict XML readers in columns that are not read and in one that is."""
    rows = [list(row) for row in rows]
    for row in rows[6:]:
        row[24] = "Ayah <Fiktif> & Rekan"
        row[30] = "Ibu < 5 & > 3"
        row[9] = "Jl. Contoh & Gang <3"
    rows[6][13] = "Dayan Peken & Sekitar"
    return rows


def resaved():
    """What a spreadsheet program leaves when it saves the sample as CSV: lost zeros, rounded NIK, mixed dates."""
    rows = [[str(value) for value in row] for row in ROWS]
    for number, row in enumerate(rows[6:]):
        row[4] = row[4].lstrip("0")
        year, month, day = row[6].split("-")
        row[6] = [f"{int(day)}/{int(month)}/{year}", f"{day}-{month}-{year}", row[6]][number % 3]
        row[19] = row[19].lstrip("0")
        if number % 5 == 0:
            row[7] = "5,27101E+15"
        row[61] = "48,5"  # a decimal comma
    return rows


def delimited(rows, delimiter):
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return out.getvalue()


CONTRACT = [
    ["npsn", "nisn", "nik", "nama", "jk", "tempat_lahir", "tanggal_lahir", "rombel", "kelurahan", "kecamatan", "hp"],
    ["50200001", "0091234567", "5271010101099801", "Zoë Contoh", "L", "Mataram", "2009-01-01", "XII IPA 2", "Dayan Peken",
     "Ampenan", "081200000001"],
    ["50200001", "0091234568", "5271014102099802", "Siti Contoh", "P", "Mataram, NTB", "2009-02-01", "XII IPA 2",
     "Ampenan Tengah", "Ampenan", "081200000002"],
    ["50200001", "0091234569", "5271010303099803", "Budi Contoh", "L", "Mataram", "2009-03-03", "XII IPA 2", "Dayan Peken",
     "Ampenan", "081200000003"],
]


def ods_claiming(body):
    """A small file whose table is `body`."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        z.writestr("META-INF/manifest.xml", "<manifest:manifest/>")
        z.writestr("content.xml", f'<office:document-content><office:body><office:spreadsheet><table:table table:name="X">'
                                  f"{body}</table:table></office:spreadsheet></office:body></office:document-content>")
    return out.getvalue()


def ods_cell(text):
    return f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'


FILES = {
    "dapodik.xls": saved(biff([(TITLE, ROWS)], MERGES)),
    "dapodik_two_sheets.xls": saved(biff([("Catatan", NOTES), ("Kelas X-XII", ROWS)], ())),
    "password.xls": password(biff([(TITLE, ROWS[:8])])),
    "dapodik.ods": ods([("Catatan", NOTES), (TITLE, ROWS)], MERGES),
    "dapodik_xml.xls": spreadsheet_ml([("Catatan", NOTES), (TITLE, with_marks(ROWS))], MERGES).encode(),
    "dapodik_xml_cp1252.xls": spreadsheet_ml([(TITLE, ROWS[:12])], MERGES, "windows-1252", raw=False)
        .replace("Intan Sintetis", "Zoë Sintetis").encode("cp1252"),
    "dapodik_xml_utf16.xls": codecs.BOM_UTF16_LE + spreadsheet_ml([(TITLE, ROWS[:12])], MERGES, "UTF-16").encode("utf-16-le"),
    "dapodik_resaved.csv": delimited(resaved(), ";").encode("cp1252"),
    "contract_cp1252.csv": delimited(CONTRACT, ";").encode("cp1252"),
    "contract_utf8_bom.csv": codecs.BOM_UTF8 + delimited(CONTRACT, ",").encode(),
    "contract_utf16.txt": codecs.BOM_UTF16_LE + delimited(CONTRACT, "\t").encode("utf-16-le"),
    "contract_open_quote.csv": delimited(CONTRACT, ",").replace("Zoë", '"Zoë').encode(),
    # Attacks: a few hundred bytes that claim gigabytes or minutes.
    "claims_billions.ods": ods_claiming(
        f'<table:table-row table:number-rows-repeated="1048576"><table:table-cell table:number-columns-repeated="16384" '
        f'office:value-type="string"><text:p>x</text:p></table:table-cell></table:table-row>'),
    "far_away_cell.ods": ods_claiming(
        f"<table:table-row>{ods_cell('Nama')}{ods_cell('Tanggal Lahir')}</table:table-row>"
        f'<table:table-row table:number-rows-repeated="1048574"><table:table-cell/></table:table-row>'
        f'<table:table-row><table:table-cell table:number-columns-repeated="89"/>{ods_cell("x")}</table:table-row>'),
}

if __name__ == "__main__":
    for name, content in FILES.items():
        (HERE / name).write_bytes(content)
        print(f"{len(content):8} {name}")
