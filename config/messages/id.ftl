# Yang dibaca orang, bahasa Indonesia. Tindakan disebut lebih dulu; kalimat pendek; paling banyak 400 huruf.
# $to = student | guardian | paper; $name = nama depan.
language-name = Bahasa Indonesia

notice-greeting =
    { $to ->
        [guardian] Untuk orang tua/wali { $name }.
       *[student] { $name },
    }
notice-late =
    { $days ->
        [0] { "" }
       *[other] (Pemberitahuan ini terlambat { $days } hari.)
    }
notice-repeat = (Mungkin Anda sudah menerima pesan ini.)
notice-where = { $point }, { $address }. Buka { $day }.
notice-where-ask = { $point }, { $address }. Tanyakan jam buka ke kantor.
notice-bring = Bawa fotokopi KK. Gratis. Kode: { $code }

notice-turned_17-collect = { $greeting } selamat ulang tahun ke-17! KTP-el sudah jadi. Silakan ambil: { $where } { $bring } { $late } { $repeat }
notice-turned_17-print_on_arrival = { $greeting } selamat ulang tahun ke-17! KTP-el bisa dicetak sambil menunggu. Silakan datang: { $where } { $bring } { $late } { $repeat }
notice-turned_17-not_ready_yet = { $greeting } selamat ulang tahun ke-17! Belum perlu datang: KTP-el masih diproses. Kami kirim pesan begitu bisa diambil. { $late } { $repeat }
notice-turned_17-not_recorded = { $greeting } selamat ulang tahun ke-17! Mohon datang untuk perekaman KTP-el: { $where } Bawa fotokopi KK. Gratis, sekitar 15 menit. { $late } { $repeat }
notice-turned_17-do_you_have_it = { $greeting } selamat ulang tahun ke-17! Sudah punya KTP-el? Kalau belum, datang untuk perekaman: { $where } Bawa fotokopi KK. Gratis. { $late } { $repeat }
notice-card_ready-collect = { $greeting } KTP-el sudah jadi. Silakan ambil: { $where } { $bring } { $repeat }
notice-card_ready-print_on_arrival = { $greeting } KTP-el bisa dicetak sambil menunggu. Silakan datang: { $where } { $bring } { $repeat }
notice-collect_reminder = { $greeting } KTP-el masih menunggu diambil: { $where } { $bring } { $repeat }
notice-collect_changed-do_not_come = { $greeting } jangan datang dulu untuk KTP-el: { $reason }. Kami kirim pesan begitu bisa lagi, paling cepat setelah { $until }. { $repeat }
notice-collect_changed-open_again = { $greeting } KTP-el bisa diambil lagi: { $where } { $bring } { $repeat }
notice-collect_changed-other_place = { $greeting } tempat mengambil KTP-el pindah. Sekarang di: { $where } { $bring } { $repeat }
notice-collected = { $greeting } KTP-el diserahkan pada { $day } kepada { $by }. Kalau ini tidak benar, kirim /lapor.
notice-recorded = { $greeting } perekaman KTP-el pada { $day } berhasil. Simpan chat ini: kami kirim pesan saat umur 17. Biasanya proses { $usual } hari. { $repeat }
notice-record_again = { $greeting } perekaman perlu diulang, karena data belum diterima pusat. Datang ke: { $where } Bawa fotokopi KK. Gratis. { $repeat }
notice-visit_announced = { $greeting } petugas Dukcapil datang ke { $place } pada { $day } pukul { $time } untuk perekaman KTP-el. Bawa fotokopi KK. Gratis. { $repeat }
notice-visit_tomorrow = { $greeting } besok, { $day } pukul { $time }, perekaman KTP-el di { $place }. Bawa fotokopi KK. { $repeat }
notice-visit_changed-moved = { $greeting } jadwal perekaman KTP-el di { $place } berubah menjadi { $day } pukul { $time }. Bawa fotokopi KK. { $repeat }
notice-visit_changed-postponed = { $greeting } perekaman KTP-el di { $place } ditunda. Kami kirim jadwal baru. { $repeat }
notice-visit_changed-cancelled = { $greeting } perekaman KTP-el di { $place } pada { $day } dibatalkan. Kami kirim jadwal baru. { $repeat }
notice-missed_visit = { $greeting } Anda belum direkam pada { $day }. Datang ke kantor: { $where } Bawa fotokopi KK. Gratis. Atau tunggu jadwal berikutnya di sekolah. { $repeat }
notice-correction = { $greeting } pesan kami tentang ulang tahun ke-17 keliru: tanggal lahir telah diperbaiki. Belum perlu datang. Maaf. { $repeat }

by-self = yang bersangkutan
month-1 = Januari
month-2 = Februari
month-3 = Maret
month-4 = April
month-5 = Mei
month-6 = Juni
month-7 = Juli
month-8 = Agustus
month-9 = September
month-10 = Oktober
month-11 = November
month-12 = Desember
weekday-1 = Senin
weekday-2 = Selasa
weekday-3 = Rabu
weekday-4 = Kamis
weekday-5 = Jumat
weekday-6 = Sabtu
weekday-7 = Minggu

alarm-conflict = PENTING: ada program lain yang memakai token bot ini. Ganti token lewat @BotFather, lalu perbarui file token.
alarm-token = PENTING: Telegram menolak token bot. Periksa file token, lalu jalankan siap17 check.
alarm-message-refused = PENTING: Telegram menolak teks jenis { $kind }. Pengiriman jenis ini berhenti. Perbaiki teksnya, lalu jalankan siap17 notice resume.

digest =
    { $day } – { $office }
    Hari ini: direkam { $recorded }, dicetak { $printed }, diambil { $collected }.
    Menunggu diambil: { $waiting }. Blangko: { $blanks }. Pengaduan terbuka: { $complaints }.
    Seluruhnya: { $eligible } wajib rekam, { $allrecorded } direkam, { $allcollected } menerima kartu.

slip-student = Untuk siswa: { $name }
slip-guardian = Untuk orang tua/wali { $name }
slip-how = Pindai gambar ini, atau buka Telegram, cari @{ $bot }, tekan Mulai, lalu kirim kode ini:
slip-bot-unknown = (tanyakan nama bot ke kantor)
slip-foot = { $office }. Gratis. Bot tidak pernah meminta NIK, foto KK, kata sandi, atau uang. Jangan berikan kode ini kepada orang lain. Berlaku sampai { $until }.

# Visits
sheet-name = Daftar perekaman
sheet-title = Daftar perekaman KTP-el – { $office }
sheet-place = { $place } ({ $code })
sheet-when = { $day }, pukul { $from }–{ $until }, { $team }
sheet-how = Isi kolom Hasil untuk setiap siswa. Isi NIK dari KK hanya kalau kosong. Jangan hapus kolom tersembunyi.
sheet-column-number = No
sheet-column-name = Nama
sheet-column-class = Kelas
sheet-column-sex = L/P
sheet-column-birthday = 17 tahun pada
sheet-column-nisn = NISN
sheet-column-result = Hasil
sheet-column-nik = NIK (dari KK)
sheet-column-note = Catatan
sheet-nik-known = sudah ada
sheet-result-recorded = Direkam
sheet-result-absent = Tidak hadir
sheet-result-refused = Menolak
sheet-result-papers_missing = Berkas kurang
sheet-result-device_failed = Alat rusak
sheet-result-biometrics_impossible = Biometrik tidak bisa
sheet-result-outsider = Warga daerah lain
