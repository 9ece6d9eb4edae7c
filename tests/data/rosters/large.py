#!/usr/bin/env python3
"""Makes large roster files, for `cargo bench --bench reading -- FILE…`. Nobody in them exists.

    large.py csv ROWS OUT.csv      the contract's columns
    large.py xlsx ROWS OUT.xlsx    a Dapodik export: 66 columns, nearly all filled, its texts in a table
    large.py attack KIND OUT.xlsx  a small file that is a large one: rows, cells, tags, texts, empty-texts, one-text, styles
"""

import io
import random
import sys
import zipfile
from datetime import date, timedelta

FIRST = "Agus Budi Citra Dewi Eko Fajar Gita Hadi Indah Joko Kartika Made Nyoman Oki Putri Rizki Siti Tono Umar Wayan".split()
LAST = "Contoh Rekaan Sintetis Fiktif Pratama Saputra Wulandari Hidayat".split()
COLUMNS = """No|Nama|NIPD|JK|NISN|Tempat Lahir|Tanggal Lahir|NIK|Agama|Alamat|RT|RW|Dusun|Kelurahan|Kecamatan|Kode Pos|
Jenis Tinggal|Alat Transportasi|Telepon|HP|E-Mail|SKHUN|Penerima KPS|No. KPS|Data Ayah||||||Data Ibu||||||Data Wali||||||
Rombel Saat Ini|No Peserta Ujian Nasional|No Seri Ijazah|Penerima KIP|Nomor KIP|Nama di KIP|Nomor KKS|No Registrasi Akta Lahir|
Bank|Nomor Rekening Bank|Rekening Atas Nama|Layak PIP|Alasan Layak PIP|Kebutuhan Khusus|Sekolah Asal|Anak ke-berapa|Lintang|
Bujur|No KK|Berat Badan|Tinggi Badan|Lingkar Kepala|Jml. Saudara Kandung|Jarak Rumah ke Sekolah (KM)"""
COLUMNS = COLUMNS.replace("\n", "").split("|")
PARENT = ["Nama", "Tahun Lahir", "Jenjang Pendidikan", "Pekerjaan", "Penghasilan", "NIK"]
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
SHEET, TEXTS, STYLES = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml"
chance = random.Random(17)


def letters(number):
    return "".join(chr(97 + int(digit)) for digit in str(number))


def name(number, suffix=""):
    return f"{chance.choice(FIRST)} {chance.choice(FIRST)} {chance.choice(LAST)} {letters(number)}{suffix}"


def nik(number, born, sex):
    serial = number // 1400 + 1
    day = born.day + (0 if sex == "L" else 40)
    return f"5271{serial // 9999 % 90 + 1:02d}{day:02d}{born.month:02d}{born.year % 100:02d}{serial % 9999 + 1:04d}"


def student(number):
    born, sex = date(2008, 1, 1) + timedelta(days=number * 7919 % 1400), "LP"[number % 2]
    return born, sex, f"{number + 10**8:010d}", nik(number, born, sex)


def csv(rows, out):
    with open(out, "w") as file:
        file.write("npsn,nisn,nik,nama,jk,tempat_lahir,tanggal_lahir,rombel,kelurahan,kecamatan,hp\n")
        for n in range(rows):
            born, sex, nisn, number = student(n)
            file.write(f"{50200001 + n // 500},{nisn},{number},{name(n)},{sex},Mataram,{born},XI IPS {n % 9 + 1},")
            file.write(f"Kelurahan {n % 50},Ampenan,08{n:010d}\n")


def dapodik_row(n):
    born, sex, nisn, number = student(n)
    own = name(n)

    def parent(which):
        money = "Rp. 1,000,000 - Rp. 1,999,999"
        return [name(n, which), str(1960 + n % 30), "SMA / sederajat", "Wiraswasta", money, f"527{which}{n:012d}"]

    yes = n % 4 == 0
    # fmt: off
    return [
        n + 1, own, f"{n + 10000:07d}", sex, nisn, "Mataram", str(born), number, "Islam", f"Jl. Contoh {letters(n)} No {n % 977}",
        str(n % 9 + 1), str(n % 7 + 1), f"Lingkungan {n % 50}", f"Kelurahan {n % 50}", "Kec. Ampenan", str(83110 + n % 10),
        "Bersama orang tua", "Sepeda motor", f"0370{n:07d}", f"08{n + 10**9:010d}", f"{letters(n)}@contoh.example",
        f"DN-23 {n:08d}", "Ya" if yes else "Tidak", f"KPS{n:09d}" if yes else "",
        *parent("1"), *parent("2"), *(parent("3") if n % 10 == 0 else [""] * 6),
        f"XI IPS {n % 9 + 1}", f"3-21-23-01-{n:08d}", f"DN-23 DI {n:07d}", "Ya" if yes else "Tidak",
        f"KIP{n:09d}" if yes else "", own if yes else "", f"KKS{n:09d}", f"5271-LT-{n:010d}", "BRI", f"{n:015d}", own, "Tidak",
        "Siswa Miskin/Rentan Miskin", "Tidak ada", "SMP CONTOH SINTETIS", n % 5 + 1, f"-8.5{n:07d}", f"116.0{n:07d}",
        f"527109{n:010d}", 40 + n % 30, 140 + n % 40, 50 + n % 8, n % 4, n % 9,
    ]
    # fmt: on


def column(number):
    name, number = "", number + 1
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(65 + rest) + name
    return name


def package(out):
    file = zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED)
    for path, target in [("_rels/.rels", ("officeDocument", "xl/workbook.xml")), ("xl/_rels/workbook.xml.rels", ("worksheet", "worksheets/sheet1.xml"))]:
        relation = f'<Relationship Id="rId1" Type="{RELATIONS}/{target[0]}" Target="{target[1]}"/>'
        file.writestr(path, f"<Relationships>{relation}</Relationships>")
    sheets = '<sheets><sheet name="Daftar Peserta Didik" sheetId="1" r:id="rId1"/></sheets>'
    file.writestr("xl/workbook.xml", f'<workbook {MAIN} xmlns:r="{RELATIONS}">{sheets}</workbook>')
    return file


def xlsx(rows, out):
    texts = {}
    names = [column(n) for n in range(len(COLUMNS))]

    def row(number, values):
        cells = []
        for where, value in zip(names, values):
            if isinstance(value, int):
                cells.append(f'<c r="{where}{number}" s="3"><v>{value}</v></c>')
            elif value:
                cells.append(f'<c r="{where}{number}" s="3" t="s"><v>{texts.setdefault(value, len(texts))}</v></c>')
        return f'<row r="{number}" spans="1:66">{"".join(cells)}</row>'.encode()

    with package(out) as file:
        with file.open(SHEET, "w", force_zip64=True) as raw, io.BufferedWriter(raw, 1 << 20) as part:
            part.write(f"<worksheet {MAIN}><sheetData>".encode())
            part.write(row(1, ["Daftar Peserta Didik"]) + row(2, ["SMA CONTOH SINTETIS"]))
            part.write(row(5, COLUMNS) + row(6, [""] * 24 + PARENT * 3))
            for n in range(rows):
                part.write(row(n + 7, dapodik_row(n)))
            part.write(b"</sheetData></worksheet>")
        with file.open(TEXTS, "w", force_zip64=True) as raw, io.BufferedWriter(raw, 1 << 20) as part:
            part.write(f'<sst {MAIN} uniqueCount="{len(texts)}">'.encode())
            for text in texts:
                part.write(f"<si><t>{text}</t></si>".encode())
            part.write(b"</sst>")


def attack(kind, out):
    cell = '<c r="{}" t="inlineStr"><is><t>{}</t></is></c>'
    rows = [["Nama", "Tanggal Lahir"], ["Budi Contoh", "2009-01-01"]]
    head = "<worksheet><sheetData>" + "".join(
        f"<row>{''.join(cell.format(f'{column(c)}{r + 1}', text) for c, text in enumerate(row))}</row>" for r, row in enumerate(rows)
    )
    end = "</sheetData></worksheet>"
    part, begin, unit, times, finish = {
        "rows": (SHEET, head, '<row r="3"/>', 43_000_000, end),
        "cells": (SHEET, head, "<c/>", 150_000_000, end),
        "tags": (SHEET, head, "</x>", 150_000_000, end),
        "one-text": (SHEET, head + '<row r="3"><c r="A3" t="inlineStr"><is><t>', "x", 700_000_000, "</t></is></c></row>" + end),
        "texts": (TEXTS, "<sst>", "<si><t>Rekaan Lestari</t></si>", 7_000_000, "</sst>"),
        "empty-texts": (TEXTS, "<sst>", "<si/>", 10_000_000, "</sst>"),
        "styles": (STYLES, "<styleSheet><cellXfs>", "<xf/>", 3_300_000, "</cellXfs></styleSheet>"),
    }[kind]
    with package(out) as file:
        if part != SHEET:
            file.writestr(SHEET, head + end)
        with file.open(part, "w", force_zip64=True) as content:
            content.write(begin.encode())
            for _ in range(times // 10_000):
                content.write((unit * 10_000).encode())
            content.write(finish.encode())


if __name__ == "__main__":
    what, how, out = sys.argv[1:]
    attack(how, out) if what == "attack" else {"csv": csv, "xlsx": xlsx}[what](int(how), out)
