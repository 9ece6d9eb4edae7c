//! The words of headers, as schools, Dukcapil, Dapodik, EMIS and form builders write them.

use std::collections::HashMap;
use std::sync::LazyLock;

/// A word this short must be written exactly; a longer one may have one slip (`Keluarahan`).
const FORGIVING_LENGTH: usize = 7;
/// The shortest word that may stand glued to another (`tgllahir`).
const SHORTEST_PART: usize = 2;
/// The longest words that may stand glued together, in bytes.
const LONGEST_GLUED: usize = 28;

/// One word of a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    Name,
    First,
    Last,
    Nickname,
    Nik,
    IdCard,
    FamilyCard,
    Population,
    Nisn,
    Nis,
    Enrolment,
    National,
    Kind,
    Sex,
    /// Sex, or the short form of a kelurahan.
    Kel,
    Male,
    Female,
    Born,
    BornWhereAndWhen,
    BornWhen,
    Place,
    Area,
    Date,
    Day,
    Month,
    Year,
    Rombel,
    Class,
    Learning,
    Grade,
    Programme,
    Final,
    Student,
    Citizen,
    Child,
    Parent,
    Teacher,
    School,
    Npsn,
    Code,
    Former,
    Rt,
    Rw,
    Kelurahan,
    Kecamatan,
    Mobile,
    Phone,
    Status,
    Remark,
    Reason,
    Leaving,
    Graduation,
    Number,
    Order,
    /// Known, and of no meaning for a roster.
    Other,
    Ornament,
    /// What follows says how to fill the column in, not what it is.
    Instruction,
}

/// Two or three known words written as one.
pub(super) fn glued(text: &str) -> Option<Vec<Word>> {
    if text.len() > LONGEST_GLUED || !text.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return None;
    }
    let ends = SHORTEST_PART..=text.len().checked_sub(SHORTEST_PART)?;
    ends.rev().find_map(|end| {
        let first = exact(&text[..end])?;
        let rest = &text[end..];
        let others = exact(rest).map(|last| vec![last]).or_else(|| {
            let ends = SHORTEST_PART..=rest.len().checked_sub(SHORTEST_PART)?;
            ends.rev().find_map(|end| Some(vec![exact(&rest[..end])?, exact(&rest[end..])?]))
        })?;
        Some(std::iter::once(first).chain(others).collect())
    })
}

/// The word that `text` is, or is meant to be.
pub(super) fn word(text: &str) -> Option<Word> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Word::Ornament);
    }
    exact(text).or_else(|| slip(text))
}

/// The word that `text` is, letter for letter.
pub(super) fn exact(text: &str) -> Option<Word> {
    static WORDS: LazyLock<HashMap<&str, Word>> =
        LazyLock::new(|| LEXICON.iter().flat_map(|(word, known)| known.iter().map(|known| (*known, *word))).collect());
    WORDS.get(text).copied()
}

/// The word that was meant by one with a slip. Numbers by which people are known have short names, so that none of them is ever
/// meant.
fn slip(text: &str) -> Option<Word> {
    static LONG: LazyLock<Vec<(&str, Word)>> = LazyLock::new(|| {
        let all = LEXICON.iter().flat_map(|(word, known)| known.iter().map(|known| (*known, *word)));
        all.filter(|(known, _)| known.len() >= FORGIVING_LENGTH).collect()
    });
    let is_near =
        |known: &str| known.len().abs_diff(text.len()) <= 1 && known.as_bytes().first() == text.as_bytes().first();
    let meant = LONG.iter().find(|(known, _)| is_near(known) && strsim::osa_distance(known, text) == 1);
    meant.map(|(_, word)| *word)
}

/// The words of headers as schools, Dukcapil, Dapodik, EMIS and form builders write them.
const LEXICON: &[(Word, &[&str])] = &[
    (Word::Name, &["nama", "name", "nm"]),
    (Word::First, &["depan", "first"]),
    (Word::Last, &["belakang", "last", "marga", "surname"]),
    (Word::Nickname, &["panggilan", "nickname", "alias", "samaran"]),
    (Word::Nik, &["nik"]),
    (Word::IdCard, &["ktp", "ektp", "kitas", "kitap"]),
    (Word::FamilyCard, &["kk", "kartu", "keluarga"]),
    (Word::Population, &["kependudukan"]),
    (Word::Nisn, &["nisn"]),
    (Word::Nis, &["nis", "nipd", "nism", "nisp", "nomis", "npm"]),
    (Word::Enrolment, &["induk"]),
    (Word::National, &["nasional", "national"]),
    (Word::Kind, &["jenis", "jns", "jen"]),
    (Word::Sex, &["kelamin", "klmn", "klm", "gender", "sex", "seks", "jk", "lp", "pl", "pw", "lw"]),
    (Word::Kel, &["kel"]),
    (Word::Male, &["l", "laki", "lk", "pria", "lelaki", "male"]),
    (Word::Female, &["p", "perempuan", "pr", "wanita", "w", "female"]),
    (Word::Born, &["lahir", "lhr", "lahirnya", "kelahiran", "birth", "born", "dilahirkan"]),
    (Word::BornWhereAndWhen, &["ttl", "tmptgllahir"]),
    (Word::BornWhen, &["dob", "birthday", "birthdate"]),
    (Word::Place, &["tempat", "tmp", "tmpt", "tpt", "temp", "tmpat", "place"]),
    (Word::Area, &["kab", "kota", "kabupaten", "city"]),
    (Word::Date, &["tanggal", "tgl", "tggl", "tg", "date"]),
    (Word::Day, &["hari", "hr", "day"]),
    (Word::Month, &["bulan", "bln", "month"]),
    (Word::Year, &["tahun", "thn", "th", "year"]),
    (Word::Rombel, &["rombel", "rombongan", "rombelnya"]),
    (Word::Class, &["kelas", "kls", "klas", "class", "classroom"]),
    (Word::Learning, &["belajar"]),
    (Word::Grade, &["tingkat", "tkt", "grade"]),
    (Word::Programme, &["jurusan", "program", "peminatan", "kompetensi", "keahlian", "prodi", "paralel", "studi"]),
    (Word::Final, &["akhir", "terakhir"]),
    (
        Word::Student,
        &[
            "siswa",
            "siswi",
            "murid",
            "santri",
            "santriwan",
            "santriwati",
            "peserta",
            "didik",
            "pd",
            "wb",
            "pelajar",
            "student",
            "students",
            "pupil",
            "taruna",
            "taruni",
        ],
    ),
    (Word::Citizen, &["penduduk", "warga", "pemohon"]),
    (Word::Child, &["anak", "calon"]),
    (
        Word::Parent,
        &[
            "ayah", "bapak", "bpk", "ibu", "wali", "ortu", "orangtua", "tua", "father", "mother", "parent", "parents",
            "guardian", "suami", "istri", "pasangan", "saudara", "kakak", "adik",
        ],
    ),
    (
        Word::Teacher,
        &[
            "pegawai",
            "ptk",
            "nip",
            "nuptk",
            "jabatan",
            "tendik",
            "karyawan",
            "kepegawaian",
            "pangkat",
            "sertifikasi",
            "honorer",
        ],
    ),
    (Word::School, &["sekolah", "madrasah", "school", "lembaga", "satuan", "ponpes", "pesantren"]),
    (Word::Npsn, &["npsn"]),
    (Word::Code, &["kode", "code"]),
    (Word::Former, &["asal", "sebelumnya", "lama", "tujuan"]),
    (Word::Rt, &["rt"]),
    (Word::Rw, &["rw"]),
    (Word::Kelurahan, &["kelurahan", "desa"]),
    (Word::Kecamatan, &["kecamatan", "kec"]),
    (Word::Mobile, &["hp", "handphone", "wa", "whatsapp", "ponsel", "seluler", "mobile"]),
    (Word::Phone, &["telepon", "telpon", "telp", "tlp", "tlpn", "phone"]),
    (Word::Status, &["status", "keaktifan"]),
    (Word::Remark, &["keterangan", "ket", "catatan", "remark", "remarks", "note", "notes"]),
    (Word::Reason, &["karena", "alasan", "sebab"]),
    (Word::Leaving, &["keluar", "mutasi"]),
    (Word::Graduation, &["lulus", "kelulusan"]),
    (Word::Number, &["no", "nomor", "nmr", "number", "num"]),
    (Word::Order, &["urut", "urutan", "absen", "presensi"]),
    (
        Word::Other,
        &[
            "akta",
            "akte",
            "registrasi",
            "agama",
            "alamat",
            "dusun",
            "pos",
            "email",
            "ijazah",
            "skhun",
            "seri",
            "penerima",
            "kps",
            "kip",
            "kks",
            "pip",
            "bank",
            "rekening",
            "kebutuhan",
            "khusus",
            "lintang",
            "bujur",
            "berat",
            "tinggi",
            "lingkar",
            "badan",
            "kepala",
            "jarak",
            "transportasi",
            "hobi",
            "cita",
            "penghasilan",
            "pekerjaan",
            "pendidikan",
            "jenjang",
            "golongan",
            "darah",
            "diterima",
            "terima",
            "username",
            "password",
            "ke",
            "keberapa",
            "jumlah",
            "umur",
            "usia",
            "age",
            "nilai",
            "foto",
            "photo",
            "semester",
            "angkatan",
            "hubungan",
            "shdk",
            "kawin",
            "perkawinan",
            "timestamp",
            "nss",
            "nsm",
            "kurikulum",
            "beasiswa",
            "prestasi",
            "suku",
            "bahasa",
            "provinsi",
            "propinsi",
            "kewarganegaraan",
            "negara",
            "cetak",
            "rekam",
            "perekaman",
            "kehadiran",
            "ruang",
            "guru",
            "mapel",
            "pelajaran",
            "tugas",
        ],
    ),
    (
        Word::Ornament,
        &[
            "lengkap",
            "full",
            "complete",
            "dan",
            "and",
            "atau",
            "or",
            "of",
            "di",
            "the",
            "saat",
            "ini",
            "sekarang",
            "current",
            "terbaru",
            "awal",
            "baru",
            "orang",
            "kandung",
            "data",
            "identitas",
            "biodata",
            "wajib",
            "opsional",
            "optional",
            "required",
            "digit",
            "angka",
            "huruf",
            "kapital",
            "besar",
            "text",
            "teks",
            "id",
            "yang",
            "pada",
            "s",
            "dd",
            "mm",
            "yyyy",
            "yyy",
            "yy",
            "aktif",
            "dapodik",
            "emis",
            "cbt",
            "new",
            "kolom",
            "hidup",
        ],
    ),
    (
        Word::Instruction,
        &[
            "sesuai",
            "contoh",
            "cth",
            "format",
            "misal",
            "misalnya",
            "gunakan",
            "isi",
            "diisi",
            "isikan",
            "lihat",
            "tulis",
            "ditulis",
            "pilih",
            "example",
            "eg",
            "berdasarkan",
            "menurut",
            "dengan",
        ],
    ),
];
