# Yang dibaca orang, bahasa Indonesia. Tindakan disebut lebih dulu; kalimat pendek; paling banyak 400 huruf.
# $to = student | guardian | paper; $name = nama depan.
language-name = Bahasa Indonesia

notice-greeting =
    { $to ->
        [guardian] Untuk orang tua/wali { $name }:
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
notice-bring-without-code = Bawa fotokopi KK. Gratis. Kode: kirim /status.

notice-turned_17-collect = { $greeting } selamat ulang tahun ke-17! KTP-el sudah jadi. Silakan ambil: { $where } { $bring } { $late } { $repeat }
notice-turned_17-print_on_arrival = { $greeting } selamat ulang tahun ke-17! KTP-el bisa dicetak sambil menunggu. Silakan datang: { $where } { $bring } { $late } { $repeat }
notice-turned_17-not_ready_yet = { $greeting } selamat ulang tahun ke-17! Belum perlu datang: KTP-el masih diproses. Kami kirim pesan begitu bisa diambil. { $late } { $repeat }
notice-turned_17-printed = { $greeting } selamat ulang tahun ke-17! KTP-el sudah dicetak, tetapi belum bisa diambil. Belum perlu datang: kami kirim pesan begitu bisa diambil. { $late } { $repeat }
notice-turned_17-not_recorded = { $greeting } selamat ulang tahun ke-17! Mohon datang untuk perekaman KTP-el: { $where } Bawa fotokopi KK. Gratis, sekitar 15 menit. { $late } { $repeat }
notice-turned_17-do_you_have_it = { $greeting } selamat ulang tahun ke-17! Sudah punya KTP-el? Kalau belum, datang untuk perekaman: { $where } Bawa fotokopi KK. Gratis. { $late } { $repeat }
notice-card_ready-collect = { $greeting } KTP-el sudah jadi. Silakan ambil: { $where } { $bring } { $repeat }
notice-card_ready-print_on_arrival = { $greeting } KTP-el bisa dicetak sambil menunggu. Silakan datang: { $where } { $bring } { $repeat }
notice-collect_reminder = { $greeting } KTP-el masih menunggu diambil: { $where } { $bring } { $repeat }
notice-collect_changed-do_not_come = { $greeting } jangan datang dulu untuk KTP-el: { $reason }. Kami kirim pesan begitu bisa lagi, paling cepat setelah { $until }. { $repeat }
notice-collect_changed-open_again = { $greeting } KTP-el bisa diambil lagi: { $where } { $bring } { $repeat }
notice-collect_changed-other_place = { $greeting } tempat mengambil KTP-el pindah. Sekarang di: { $where } { $bring } { $repeat }
notice-collect_changed-no_recording = { $greeting } jangan datang dulu untuk perekaman KTP-el: { $reason }. Kami kirim pesan begitu bisa lagi, paling cepat setelah { $until }. { $repeat }
notice-collect_changed-recording_again = { $greeting } perekaman KTP-el bisa lagi. Silakan datang: { $where } Bawa fotokopi KK. Gratis. { $repeat }
notice-collected = { $greeting } KTP-el diserahkan pada { $day } kepada { $by }. Kalau ini tidak benar, kirim /lapor. { $repeat }
notice-recorded = { $greeting } perekaman KTP-el pada { $day } berhasil. Simpan chat ini: kami kirim pesan saat umur 17. Biasanya proses { $usual } hari. { $repeat }
notice-record_again = { $greeting } perekaman perlu diulang, karena data belum diterima pusat. Datang ke: { $where } Bawa fotokopi KK. Gratis. { $repeat }
notice-visit_announced = { $greeting } petugas Dukcapil datang ke { $place } pada { $day } pukul { $time } untuk perekaman KTP-el. Bawa fotokopi KK. Gratis. { $repeat }
notice-visit_tomorrow = { $greeting } besok, { $day } pukul { $time }, perekaman KTP-el di { $place }. Bawa fotokopi KK. { $repeat }
notice-visit_changed-moved = { $greeting } jadwal perekaman KTP-el di { $place } berubah menjadi { $day } pukul { $time }. Bawa fotokopi KK. { $repeat }
notice-visit_changed-postponed = { $greeting } perekaman KTP-el di { $place } ditunda. Kami kirim jadwal baru. { $repeat }
notice-visit_changed-cancelled = { $greeting } perekaman KTP-el di { $place } pada { $day } dibatalkan. Kami kirim jadwal baru. { $repeat }
notice-session_open = { $greeting } perekaman KTP-el terbuka untuk umum di { $place }, { $day } pukul { $time }. Belum direkam? Silakan datang. Bawa fotokopi KK. Gratis. Sudah direkam? Abaikan pesan ini. { $repeat }
notice-visit_changed-session_cancelled = { $greeting } perekaman KTP-el di { $place } pada { $day } pukul { $time } dibatalkan. Jangan datang. Jadwal lain: kirim /jadwal. { $repeat }
notice-missed_visit = { $greeting } Anda belum direkam pada { $day }. Datang ke kantor: { $where } Bawa fotokopi KK. Gratis. Atau tunggu jadwal berikutnya di sekolah. { $repeat }
notice-missed_visit-outsider = { $greeting } KK Anda dari daerah lain, jadi perekaman KTP-el ada di kantor Dukcapil daerah asal (yang menerbitkan KK). Bawa fotokopi KK. Gratis. { $repeat }
notice-correction = { $greeting } pesan kami tentang ulang tahun ke-17 keliru: tanggal lahir telah diperbaiki. Belum perlu datang. Maaf. { $repeat }
notice-correction-not_collected = { $greeting } pesan kami bahwa KTP-el sudah diserahkan keliru. KTP-el belum diserahkan dan masih disimpan di kantor. Maaf. { $repeat }

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
alarm-health-database = PENTING: siap17 tidak dapat lagi menulis basis datanya. Pemberitahuan tidak terkirim dan data baru tidak tersimpan. Mohon petugas TI segera memeriksa disk server, lalu menjalankan siap17 check.
alarm-health-jobs = PENTING: pekerjaan otomatis siap17 sudah beberapa waktu tidak berjalan. Mohon petugas TI menjalankan siap17 check untuk melihat sebabnya.
alarm-health-backup = PENTING: sudah beberapa hari tidak ada cadangan basis data siap17. Mohon petugas TI memeriksa disk cadangan, lalu menjalankan siap17 check.
alarm-health-sealer = PENTING: catatan siapa melakukan apa tidak sedang disegel. Mohon petugas TI menjalankan siap17 check.
alarm-sweep = PENTING: pemeriksaan malam menemukan { $count } orang yang pemberitahuannya terlewat. Sekarang sudah diperbaiki. Beri tahu pengelola siap17.
alarm-backup = PENTING: salinan basis data untuk { $day } tidak berhasil dibuat. Periksa ruang disk dan folder salinan, lalu jalankan siap17 check.
alarm-clock-differs = PENTING: jam komputer siap17 meleset { $minutes } menit. Tidak ada pemberitahuan yang dikirim sampai jam itu benar. Setel jam komputer, lalu jalankan siap17 check.
alarm-clock-behind = PENTING: jam komputer siap17 lebih lambat dari pemberitahuan terakhir yang dikirim ({ $newest }). Tidak ada yang dikirim sampai jam itu benar. Setel jam komputer; kalau jamnya sudah benar: siap17 notice resume --clock.
alarm-clock-not-compared = PENTING: Telegram lama tidak menjawab, jadi jam komputer siap17 tidak bisa dibandingkan. Pemberitahuan menunggu sampai Telegram menjawab. Periksa sambungan internet.
alarm-clock-far = PENTING: jam komputer siap17 jauh dari terakhir kali dibaca ({ $last }) dan belum bisa dibandingkan. Pemberitahuan menunggu. Periksa jam dan internet; kalau jamnya benar: siap17 notice resume --clock.
alarm-audit = PENTING: catatan audit siap17 tidak utuh lagi, sekitar entri nomor { $number }. Mungkin ada yang menghapus atau mengubahnya. Simpan salinan basis data apa adanya, lalu jalankan siap17 audit verify.

digest =
    { $day } – { $office }
    Hari ini: direkam { $recorded }, dicetak { $printed }, diambil { $collected }.
    Menunggu diambil: { $waiting }. Blangko: { $blanks }. Pengaduan terbuka: { $complaints }.
    Seluruhnya: { $eligible } wajib rekam, { $allrecorded } direkam, { $allcollected } menerima kartu.
digest-call = Telepon: { $place } ({ $contact }) belum menyepakati kunjungan { $day }.
digest-calls-more = dan { $count } tempat lagi: siap17 visit calls.
digest-write = Kirim pesan sendiri ke { $count } tempat tanpa Telegram: siap17 visit calls.
digest-clock = ⚠️ Hari ini jam komputer sempat salah atau tidak bisa dibandingkan; pemberitahuan menunggu selama itu.
digest-broken = Alat rusak: { $team } sejak { $since } ({ $days } hari), sampai { $until }.
digest-audit = Catatan audit berakhir di { $head }. Simpan pesan ini; kelak diperiksa dengan siap17 audit verify --head { $head }.
digest-audit-broken = PENTING: catatan audit tidak utuh lagi, sekitar entri nomor { $number }. Jalankan siap17 audit verify.

slip-student = Untuk siswa: { $name }
slip-guardian = Untuk orang tua/wali { $name }
slip-why = Kami beri kabar saat KTP-el bisa diambil. Gratis.
slip-how = Pindai gambar, atau cari @{ $bot } di Telegram, tekan Mulai, lalu kirim kode:
slip-how-unnamed = Buka bot kantor di Telegram (tanya namanya ke kantor), tekan Mulai, lalu kirim kode:
slip-foot = Rahasiakan kode ini: sekali pakai, sampai { $until }. Bot tidak meminta NIK, foto KK, sandi, atau uang. { $office }
slip-office = { $office }, telepon { $phone }

# Bot
bot-opening =
    Ini bot resmi { $office }. Gratis.
    Kami memberi tahu jadwal perekaman dan kapan KTP-el bisa diambil. Kami tidak pernah meminta NIK, foto KK, kata sandi, atau uang.
    Pesan lewat server Telegram di luar negeri. { $read }
bot-opening-generic =
    Ini bot resmi kantor Dukcapil. Gratis.
    Kami memberi tahu jadwal perekaman dan kapan KTP-el bisa diambil. Kami tidak pernah meminta NIK, foto KK, kata sandi, atau uang.
    Pesan lewat server Telegram di luar negeri. Data yang disimpan: kirim /data atau tanya ke kantor.
bot-opening-read = Data yang disimpan: kirim /data atau tanya ke kantor.
bot-opening-read-url = Data yang disimpan: { $url }
bot-the-office = kantor Dukcapil
bot-no-office = Bot ini belum siap dipakai. Coba lagi nanti.
bot-ask-code = Kirim kode dari slip Anda, misalnya ABCDE-12345. Belum punya kode? Coba /jadwal, /lokasi, /lapor, atau /bantuan. English: /bahasa
bot-linked-for = Chat ini terhubung untuk: { $names }. Lihat /status atau /bantuan.

bot-agree-student = Setuju menerima pesan tentang KTP-el di chat ini?
bot-agree-guardian = Kode ini untuk orang tua/wali. Setuju kami mengirim pesan tentang KTP-el anak Anda, ke chat ini atau ke chat anak?
bot-agree-contact = Kode ini untuk kontak { $place }. Setuju menerima pesan tentang kunjungan perekaman di chat ini?
bot-agree-staff = Kode ini untuk akun petugas { $account }. Setuju memakai akun itu di chat ini?
bot-button-agree = Setuju
bot-button-refuse = Tidak
bot-button-parent = Saya orang tua/wali
bot-refused = Baik, kami tidak mengirim apa-apa ke chat ini. Pemberitahuan tetap diberikan di kertas, lewat sekolah atau kantor. Berubah pikiran? Kirim lagi kodenya.
bot-parent-own-code = Kirim kode orang tua/wali: ada di separuh slip yang lain. Kode yang tadi milik siswa, jadi belum ada yang terhubung.
bot-name-right = { $who } – benar?
bot-button-right = Ya, benar
bot-button-wrong = Bukan
bot-name-wrong = Minta slip yang benar ke sekolah atau kantor; mungkin slip tertukar. Belum ada yang terhubung.
bot-birth-day = Tanggal berapa { $name } lahir? Pilih tanggalnya.
bot-birth-month = Tanggal { $day }, bulan apa? Pilih bulannya.
bot-wrong = Periksa slip, lalu kirim kodenya lagi: kode atau tanggal lahir tidak cocok. Setelah 5 kali salah, tunggu sampai besok atau tanya ke kantor.
bot-locked = Coba lagi besok: sudah 5 kali salah di chat ini. Slipnya tetap berlaku.
bot-ask = Tanya ke { $office }, { $address }.
bot-ask-phone = Tanya ke { $office }, { $address }, telepon { $phone }.
bot-ask-anywhere = Tanya ke kantor Dukcapil Anda.
bot-code-used = Kode ini sudah dipakai di chat lain. Kalau bukan oleh keluarga Anda, segera beri tahu kantor. Perlu kode lagi? Minta slip baru.
bot-code-replaced = Kode ini sudah diganti. Pakai kode di slip yang lebih baru, atau minta slip baru.
bot-code-reset = Kode ini dibatalkan kantor. Minta slip baru.
bot-code-expired = Kode ini hanya berlaku sampai { $day }. Minta slip baru.
bot-code-burnt = Kode ini ditutup, karena tanggal lahir terlalu sering salah. Minta slip baru.
bot-code-pickup = Kode ambil ini tidak berlaku lagi: sudah diganti, atau lewat masanya. Yang terbaru ada di chat keluarga: /status.
bot-code-ended = Kode ini tidak berlaku lagi: sudah dipakai atau diganti. Minta slip baru.
bot-linked = Berhasil! Kami menulis kalau ada kabar tentang KTP-el { $name }. Cek kapan saja: /status. Tidak mau lagi: /berhenti.
bot-linked-waits = Berhasil terhubung. Pesan baru dikirim setelah orang tua/wali { $name } setuju: dengan kode di separuh slip yang lain, atau tanda tangan di sekolah. Cek kapan saja: /status.
bot-waits-for-guardian = Pesan belum dikirim: menunggu persetujuan orang tua/wali.
bot-linked-contact = Berhasil! Chat ini menerima pesan tentang kunjungan ke { $place }. Lihat /jadwal. Tidak mau lagi: /berhenti.
bot-linked-staff = Berhasil! Chat ini dipakai untuk akun { $account }. Lihat yang bisa dilakukan: /bantuan.
bot-linked-already = Chat ini sudah terhubung dengan kode itu. Lihat /status atau /bantuan.
bot-new-chat = Chat { $half ->
        [guardian] orang tua/wali
       *[student] siswa
    } baru terhubung untuk KTP-el { $name }. Keluarga Anda? Kode ambil tampil di sana setelah Anda jawab "Ya", atau besok. Kalau "Bukan", chat itu dilepas.
bot-button-ours = Ya, keluarga kami
bot-button-not-ours = Bukan
bot-linked-asks = Kode ambil kartu belum tampil di sini: kami tanya dulu ke chat yang sudah terhubung ({ $others }). Tanpa jawaban, kode tampil besok. Apakah chat itu keluarga Anda?
bot-family-chat = { $half ->
        [guardian] orang tua/wali
       *[student] siswa
    } sejak { $day }
bot-family-vouched = Terima kasih. Sekarang kode ambil KTP-el { $name } tampil juga di chat itu.
bot-family-you-are = Chat ini sudah dibenarkan keluarga. Kode ambil KTP-el { $name }: kirim /status.
bot-family-cut = Chat itu sudah dilepas dari KTP-el { $name }, dan kantor kami beri tahu. Kode ambil terbaru: /status. { $ask }
bot-family-you-are-cut = Chat ini dilepas: keluarga { $name } menjawab "Bukan". Kalau itu keliru, tanya ke kantor. { $ask }
bot-family-disputed = Kantor kami beri tahu. Sampai kantor memeriksa, kode ambil KTP-el { $name } tidak tampil di chat mana pun. { $ask }
bot-family-you-are-disputed = Chat lain untuk KTP-el { $name } menjawab bahwa chat ini bukan keluarga. Sampai kantor memeriksa, kode ambil tidak tampil di chat mana pun. { $ask }
bot-family-noted = Terima kasih. Tidak ada yang berubah.
bot-family-not-known = Chat ini sendiri belum dibenarkan keluarga, jadi jawaban "Ya" belum berlaku. { $ask }
bot-family-gone = Chat itu sudah tidak terhubung. Tidak perlu apa-apa lagi.
bot-code-waits = Kode ambil belum tampil di sini: menunggu jawaban keluarga, paling lambat { $day } pukul { $time }.
bot-code-disputed = Kode ambil tidak tampil di sini sampai kantor memeriksa. { $ask }
bot-new-staff-chat = Hubungi admin kantor kalau ini bukan Anda: chat lain baru saja terhubung untuk akun { $account }.
bot-alarm-staff-chat = Sebuah chat baru terhubung untuk akun petugas { $account }. Kalau ini tidak benar: siap17 staff disable { $account }.
bot-alarm-slip-again = PENTING: slip { $half ->
        [guardian] orang tua/wali
       *[student] siswa
    } { $who } sudah dipakai, lalu dikirim lagi dari chat lain. Mungkin slip dipegang orang lain. Tanya keluarganya; kalau bukan keluarga: siap17 link reset, lalu slip baru.
bot-alarm-slip-burnt = PENTING: slip { $half ->
        [guardian] orang tua/wali
       *[student] siswa
    } { $who } ditutup, karena tanggal lahir ditebak salah di banyak chat. Tanya keluarganya, lalu cetak slip baru: siap17 link slips.
bot-alarm-family-cut = PENTING: keluarga { $who } menolak chat { $half ->
        [guardian] orang tua/wali
       *[student] siswa
    } yang baru terhubung, dan chat itu dilepas. Mungkin slip dipegang orang lain. Tanya keluarganya, lalu cetak slip baru: siap17 link slips … --student … --replace.
bot-alarm-family-disputed = PENTING: chat { $half ->
        [guardian] orang tua/wali
       *[student] siswa
    } yang baru terhubung untuk { $who } menolak chat yang lebih dulu. Kode ambil tidak tampil di chat mana pun sampai diperiksa. Tanya keluarganya, lalu: siap17 link reset, dan slip baru.
bot-alarm-crowd = PENTING: satu chat terhubung dengan { $count } siswa ({ $names }). Periksa apakah slip dikumpulkan orang lain; lepaskan dengan siap17 link reset.
bot-alarm-roster = Daftar siswa { $place } tidak cocok dan menunggu diperiksa petugas: siap17 roster review { $import }.

bot-for-whom = Untuk siapa?
bot-which-office = Kantor yang mana?
bot-not-linked = Kirim dulu kode dari slip Anda. Belum punya? Minta ke sekolah atau { $office }. Tanpa kode: /jadwal, /lokasi, /lapor.
bot-lost = Lihat /status, /jadwal, /lokasi, atau semua perintah: /bantuan. Kami tidak membaca pesan bebas; untuk pengaduan kirim /lapor.
bot-lost-unlinked = Kirim kode dari slip Anda, atau lihat semua perintah: /bantuan. Kami tidak membaca pesan bebas; untuk pengaduan kirim /lapor.
bot-lost-counter = Kirim kode ambil yang ditunjukkan pemohon, misalnya ABCDE-12345. Semua perintah: /bantuan.
bot-stale = Mulai lagi dari perintah atau kodenya: tombol itu sudah tidak berlaku.
bot-cancelled = Baik, dibatalkan. Tidak ada yang berubah.
bot-button-cancel = Batal
bot-try-again = Coba kirim lagi, ya. Ada gangguan di pihak kami, dan pesan tadi belum diproses.
bot-group = Tulis kepada saya lewat chat pribadi; di grup saya tidak bisa membantu.
bot-nik-deleted = Jangan kirim NIK di chat, supaya data Anda aman. Pesan itu kami hapus dan tidak kami simpan. Kami tidak pernah meminta NIK.
bot-media-deleted = Jangan kirim foto atau file di chat, supaya data Anda aman. Kiriman itu kami hapus dan tidak kami simpan. Bawa dokumennya ke kantor.

bot-status-of = { $name } – KTP-el
bot-step-1 = Direkam
bot-step-2 = Diproses
bot-step-3 = Kartu siap diambil
bot-step-4 = Kartu sudah diambil
bot-bring = Bawa fotokopi KK. Gratis.
bot-status-collected = Kartu diserahkan pada { $day } kepada { $by }. Kalau ini tidak benar, kirim /lapor. { $repeat }
bot-status-has-card = Menurut catatan kami sudah punya KTP-el. Kalau belum, tanya ke kantor: /lokasi.
bot-status-closed = Tanya ke kantor tentang data ini: /lokasi.
bot-status-ready = Silakan ambil: { $where } { $bring }
bot-status-arrival = Silakan datang, kartu dicetak sambil menunggu: { $where } { $bring }
bot-status-before-17 = Belum perlu datang: kartu bisa diambil mulai umur 17. Kami kirim pesan.
bot-status-paused = Jangan datang dulu: { $reason }. Paling cepat setelah { $until }.
bot-status-printed = Belum perlu datang: kartu sedang dikirim ke loket. Kami kirim pesan.
bot-status-to-print = Belum perlu datang: kartu menunggu dicetak. Kami kirim pesan.
bot-status-again = Datang untuk direkam ulang, karena data belum diterima pusat: { $where } { $bring }
bot-status-processing =
    { $since ->
        [known] Belum perlu datang. Biasanya { $usual } hari sejak direkam ({ $day }).
       *[unknown] Belum perlu datang. Biasanya { $usual } hari sejak direkam.
    }
bot-status-unknown = Sudah punya KTP-el? Kalau belum, atau belum pernah direkam, datang ke: { $where } { $bring } Kami belum tahu apakah perekaman sudah dilakukan.
bot-status-young = Belum perlu datang: perekaman mulai umur { $age } tahun.
bot-status-visit = Datang untuk direkam pada { $day } pukul { $time } di { $place }. { $bring }
bot-status-not-recorded = Tunggu petugas di sekolah (/jadwal), atau datang untuk direkam: { $where } { $bring }
bot-status-outsider = KK Anda dari daerah lain: rekam di kantor Dukcapil daerah asal (yang menerbitkan KK). Bawa fotokopi KK. Gratis.

bot-schedule = Jadwal perekaman KTP-el:
bot-schedule-line = • { $day } pukul { $time }: { $place }
bot-schedule-bring = Bawa fotokopi KK. Gratis.
page-schedule = Jadwal Perekaman KTP-el
page-lead = Terbuka untuk umum. Gratis.
page-language = Bahasa Indonesia
page-bring = Bawa: fotokopi KK.
page-who = Untuk usia { $age } tahun ke atas yang belum direkam. Tidak perlu surat pengantar RT/RW. Tidak dipungut biaya.
page-none = Belum ada jadwal. Perekaman juga bisa di kantor pada jam buka.
page-office = Kantor:
page-phone = Telepon: { $phone }
page-fresh = Keadaan pada { $day }. Jadwal bisa berubah.
page-no-office = Kantor ini tidak ada di sini.
page-later = Jadwal belum bisa ditampilkan. Coba lagi sebentar lagi.
bot-schedule-open = Terbuka untuk umum:
bot-schedule-none = Belum ada jadwal kunjungan. Bisa juga datang ke kantor: /lokasi.
bot-places = { $office } – tempat mengambil kartu:
bot-places-paused = Jangan datang dulu: { $reason }. Paling cepat setelah { $until }.
bot-places-phone = Telepon: { $phone }

bot-language = Pilih bahasa / Choose a language:
bot-language-set = Baik, kami menulis dalam bahasa Indonesia.
bot-help =
    /status – sampai mana KTP-el
    /jadwal – jadwal perekaman
    /lokasi – tempat mengambil kartu
    /data – data yang disimpan, minta perbaikan
    /lapor – pengaduan, boleh tanpa nama
    /bahasa – Indonesia / English
    /berhenti – tidak mau menerima pesan lagi
    Punya kode? Kirim saja di sini.
bot-help-counter = Petugas: kirim kode ambil untuk menyerahkan kartu.
bot-help-recorder = Petugas: /rusak – alat tim rusak.
bot-help-reports = Petugas: /hariini – angka hari ini.

bot-data-of =
    { $who }. Kami menyimpan: nama, jenis kelamin, tempat dan tanggal lahir, NISN, sekolah dan kelas, wilayah tempat tinggal, tahap KTP-el, persetujuan, dan pesan yang dikirim.
    { $nik ->
        [yes] NIK disimpan terkunci.
       *[no] NIK tidak ada.
    } { $phone ->
        [yes] Nomor HP disimpan terkunci.
       *[no] Nomor HP tidak ada.
    }
bot-data-chat = Chat ini: nomornya disimpan terkunci, dengan bahasa Anda. Isi pesan dihapus setelah dijawab, kecuali pengaduan.
bot-data-how-long = Berapa lama: file dari sekolah { $files } hari, nomor urut pesan { $updates } hari, cadangan { $backups } hari. Untuk yang lain tanya ke { $office }; di sana juga untuk salinan atau penghapusan.
bot-button-correct = Ada yang salah
bot-correct = Tulis apa yang salah dan yang benar. Jangan tulis NIK.
bot-correct-words = Perbaikan data: { $text }
bot-correct-kept = Permintaan perbaikan diterima, nomor { $number }. Kantor menjawab di chat ini, paling lambat dalam 3 hari.

bot-complain-how = Boleh kami menjawab pengaduan Anda di chat ini?
bot-button-signed = Boleh dijawab
bot-button-nameless = Tanpa nama
bot-complain-signed = Tulis pengaduan Anda dalam satu pesan. Jangan tulis NIK.
bot-complain-nameless = Tulis pengaduan Anda dalam satu pesan. Kami tidak menyimpan dari siapa, jadi tidak bisa menjawab. Jangan tulis nama atau NIK Anda.
bot-complaint-kept = Pengaduan diterima, nomor { $number }. Kantor menjawab di chat ini.
bot-complaint-kept-nameless = Pengaduan diterima tanpa nama, nomor { $number }. Kami tidak bisa menjawab di sini.
bot-complaint-answer =
    { $office } menjawab pengaduan nomor { $number }:
    { $text }

bot-stop-nothing = Chat ini tidak terhubung dengan siapa pun, jadi tidak ada yang perlu dihentikan.
bot-stop-which = Untuk siapa pesan dihentikan?
bot-stop-sure = Hentikan pesan untuk { $name } di chat ini?
bot-button-stop = Ya, hentikan
bot-button-keep = Tidak
bot-stopped = Dihentikan: tidak ada lagi pesan untuk { $name } di chat ini. Mau lagi? Minta kode baru ke sekolah atau kantor.
bot-stopped-all = Dihentikan: persetujuan dicabut, jadi pesan tentang KTP-el { $name } tidak dikirim lagi ke chat mana pun. Pemberitahuan diberikan di kertas. Mau lagi? Minta kode baru ke sekolah atau kantor.
bot-stopped-elsewhere = Pesan tentang KTP-el { $name } dihentikan, karena persetujuan dicabut. Pemberitahuan diberikan di kertas. Mau lagi? Minta kode baru ke sekolah atau kantor.

bot-show-at-counter = Tunjukkan kode ini di loket saat mengambil kartu. Di chat ini tidak perlu dikirim. Tempatnya: /lokasi.
bot-counter =
    { $name }
    Kelas: { $class }. Lahir tahun { $year }.
    { $state }
    { $chats }
bot-counter-unknown = Tidak ada kartu dengan kode ini. Periksa lagi, atau cari dengan nama di komputer.
bot-card-none = Kartu belum dicetak.
bot-card-arrival = Kartu belum dicetak; dicetak saat pemiliknya datang, di { $point }.
bot-card-printed = Kartu sudah dicetak, belum di loket.
bot-card-ready = Kartu siap di { $point }.
bot-card-collected = Kartu sudah diserahkan pada { $day } pukul { $time } oleh { $by }.
bot-button-own = Diserahkan ke pemilik
bot-button-family = Diserahkan ke keluarga
bot-counter-relation = Siapa yang mengambil kartu { $name }?
bot-relation-mother = Ibu
bot-relation-father = Ayah
bot-relation-guardian = Wali
bot-relation-other = Lainnya
bot-counter-chat = Kode untuk chat { $half ->
        [guardian] orang tua/wali
       *[student] siswa
    }, terhubung sejak { $day }{ $standing ->
        [asked] . BELUM dibenarkan keluarga: periksa dengan teliti.
        [disputed] . DITOLAK keluarga: jangan serahkan tanpa memeriksa!
       *[known] .
    }
bot-counter-no-chat = Sekarang tidak ada chat yang terhubung.
bot-counter-name = Siapa namanya? Tulis nama yang mengambil kartu { $name }, seperti di dokumennya.
bot-counter-name-wrong = Tulis nama orangnya, huruf saja. Jangan tulis NIK.
bot-counter-document = { $taker }: dokumen apa yang Anda lihat? Tanpa dokumen, jangan serahkan.
bot-document-ktp = KTP-el
bot-document-kk = Kartu keluarga (KK)
bot-document-sim = SIM
bot-document-passport = Paspor
bot-counter-done = Tercatat: kartu { $name } sudah diserahkan.
bot-counter-not-ready = Kartu { $name } belum bisa diserahkan: belum dicetak atau belum di loket.
bot-counter-cancelled = Dibatalkan: kartu { $name } tidak diserahkan.
bot-counter-cancelled-late = Tidak bisa dibatalkan di sini, { $name }: { $state } Kalau keliru, tarik kembali di komputer: siap17 card collect-undo { $student } --reason "…"
bot-counter-was-cancelled = Pertanyaan itu sudah dibatalkan, jadi kartu { $name } tidak dicatat diserahkan. Mau menyerahkan? Kirim lagi kode ambilnya.
bot-broken-which = Alat tim mana yang rusak?
bot-broken-sure = Alat { $team } rusak? { $open } siswa hari ini yang belum ada hasilnya dicatat "alat rusak" dan dijadwalkan lagi. Sampai kapan tim tidak jalan?
bot-broken-today = Hari ini saja
bot-broken-days = { $days } hari
bot-broken-done = Tercatat: { $team } tidak jalan sampai { $until }. { $count } siswa dicatat "alat rusak"; rencana baru dibuat malam ini. Hasil yang sudah ada tetap berlaku, juga yang masih di lembar daftar.
bot-broken-none = Hari ini tidak ada kunjungan yang masih terbuka. Kalau alat rusak, beri tahu kantor.
bot-not-allowed = Akun Anda tidak boleh melakukan ini. Tanya ke admin kantor.

# Rosters through the bot
bot-file-not-here = Jangan kirim file di chat ini: file tentang anak tidak kami terima lewat bot, dan kiriman tadi tidak kami buka. Kami hapus dari chat; kalau masih terlihat, mohon hapus sendiri. Kirim daftar siswa langsung ke { $office }: lewat e-mail kantor, atau antar dengan flashdisk.
bot-help-roster = Sekolah/desa: kirim file daftar siswa di sini.
bot-roster-received = Daftar { $place } diterima dan sedang dibaca. Jawabannya kami kirim di chat ini.
bot-roster-whose = File ini untuk sekolah atau desa mana? Tanpa pilihan, file tidak dibaca dan kami hapus dari chat dalam 24 jam.
bot-roster-too-large = Bagi dulu file itu, misalnya per kelas, atau kirim langsung ke kantor: lewat bot paling besar 20 MB. Belum ada yang berubah. File tadi kami hapus dari chat; kalau masih terlihat, mohon hapus.
bot-roster-not-fetched = Kirim lagi file tadi, ya: kami sudah mencoba beberapa kali, tetapi tidak bisa mengambilnya dari Telegram. Belum ada yang berubah. File tadi kami hapus dari chat; kalau masih terlihat, mohon hapus.
bot-roster-failed = Kirim lagi file tadi, ya, atau kirim langsung ke kantor: ada gangguan di pihak kami, dan file belum diproses. File tadi kami hapus dari chat; kalau masih terlihat, mohon hapus.
bot-roster-unreadable = Kirim file asli dari Dapodik atau EMIS (.xlsx), tanpa kata sandi: file tadi tidak bisa dibaca sebagai daftar siswa. Belum ada yang berubah. File tadi kami hapus dari chat; kalau masih terlihat, mohon hapus.
bot-roster-applied = Daftar { $place } sudah masuk.
bot-roster-parked = Daftar { $place } DITAHAN: belum ada yang berubah. Petugas kantor memeriksanya dulu; tidak perlu dikirim lagi.
bot-roster-refused = Daftar { $place } DITOLAK: belum ada yang berubah. Perbaiki filenya, lalu kirim lagi.
bot-roster-numbers = { $rows } siswa: { $new } baru, { $changed } berubah, { $unchanged } tetap, { $rejected } ditolak.
bot-roster-numbers-short = { $rows } siswa dalam file, { $rejected } di antaranya tidak bisa diterima.
bot-roster-missing = { $count } siswa dari daftar sebelumnya tidak ada di file ini. Kalau pindah atau keluar, beri tahu kantor.
bot-roster-problems = Yang perlu diperbaiki:
bot-roster-problem-line = • { $count } × { $advice }
bot-roster-problems-more = • dan { $count } jenis lain
bot-roster-deleted = File kiriman kami hapus dari chat ini; kalau masih terlihat, mohon hapus.
bot-roster-answer = Semua catatan, baris demi baris. Perbaiki di Dapodik atau EMIS, lalu kirim daftar yang baru. Simpan file ini; dari chat kami hapus dalam 24 jam.
bot-button-saved = Sudah saya simpan / Hapus
bot-roster-answer-lost = Minta file jawaban ke kantor kalau belum muncul di chat ini: kami tidak tahu apakah sudah sampai. Kalau sudah, simpan lalu ketuk tombol di bawahnya.
bot-file-removed = Baik, file itu sudah dihapus dari chat ini.
bot-file-remove-yourself = Mohon hapus file daftar siswa dari chat ini: sudah terlalu lama di sini, jadi kami tidak bisa menghapusnya lagi.
bot-note-no_numbers = Daftar ini tidak punya NIK dan NISN. Siswa kami kenali dari nama dan tanggal lahir saja.
bot-note-nik_column_empty = Kolom NIK kosong. Isi dari KK kalau bisa.
bot-problem-nik_not_16_digits = NIK bukan 16 angka. Salin lagi dari KK.
bot-problem-nik_unreadable = NIK rusak oleh Excel. Tulis sebagai teks, salin dari KK.
bot-problem-nik_impossible_date = NIK tidak mungkin: tanggal di dalamnya tidak ada. Salin lagi dari KK.
bot-problem-nik_missing = NIK kosong. Salin dari KK.
bot-problem-nik_date_differs = NIK dan tanggal lahir tidak cocok. Cocokkan dengan KK.
bot-problem-nik_sex_differs = NIK dan jenis kelamin tidak cocok. Cocokkan dengan KK.
bot-problem-nik_other_region = NIK dari daerah lain. Biarkan kalau sama dengan KK.
bot-problem-nisn_padded = NISN kehilangan angka 0 di depan. Tulis sebagai teks.
bot-problem-nisn_missing = NISN kosong atau bukan 10 angka. Isi dari Dapodik.
bot-problem-birth_date_implausible = Tanggal lahir tidak wajar untuk siswa. Cocokkan dengan KK.
bot-problem-birth_date_missing = Tanggal lahir kosong, jadi siswa ditolak. Isi dari KK.
bot-problem-birth_date_unreadable = Tanggal lahir tidak terbaca, jadi siswa ditolak. Tulis seperti 2010-02-28.
bot-problem-birth_date_ambiguous = Tanggal lahir bisa dibaca dua cara. Tulis seperti 2010-02-28.
bot-problem-name_missing = Nama kosong, jadi siswa ditolak. Isi namanya.
bot-problem-name_damaged = Nama dengan huruf rusak. Tulis ulang namanya.
bot-problem-sex_unreadable = Jenis kelamin tidak terbaca. Tulis L atau P.
bot-problem-class_doubtful = Kelas diubah Excel menjadi tanggal. Tulis sebagai teks.
bot-problem-column_implausible = Isi kolom hampir sama untuk semua siswa. Isi ulang dari KK.
bot-problem-name_remark = Ada keterangan seperti pindah atau keluar. Kalau siswa sudah pergi, beri tahu kantor.
bot-problem-class_missing = Sebagian siswa tidak punya kelas. Isi kolom kelas.
bot-problem-header_unknown = Ada judul kolom yang tidak kami mengerti. Tanya ke kantor.
bot-problem-sheet_unread = Ada lembar yang tidak dibaca. Kalau berisi siswa, beri judul kolom.
bot-problem-nik_duplicate = NIK yang sama dipakai beberapa siswa. Cocokkan dengan KK masing-masing.
bot-problem-nisn_duplicate = NISN yang sama dipakai beberapa siswa. Cocokkan dengan Dapodik.
bot-problem-identity_conflict = NIK atau NISN di sini milik siswa lain dalam catatan kami. Cocokkan dengan KK.
bot-problem-place_unknown = Sekolah tidak dikenal, jadi siswa ditolak. Cocokkan NPSN-nya.
bot-problem-possible_duplicate = Siswa yang sama mungkin tercatat dua kali. Hapus salah satu kalau benar.
bot-problem-listed_elsewhere = Siswa ini juga ada di daftar sekolah lain. Cocokkan dengan sekolah itu.
bot-problem-listed_though_closed = Menurut catatan kami siswa ini meninggal atau pindah. Kalau salah, beri tahu kantor.
bot-problem-wrong_file = Mungkin salah file. Periksa sekolah dan jenis daftarnya.
bot-problem-other = Catatan lain. Tanyakan ke kantor.

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
sheet-column-ikd = IKD
sheet-column-note = Catatan
sheet-nik-known = sudah ada
sheet-result-recorded = Direkam
sheet-result-absent = Tidak hadir
sheet-result-refused = Menolak
sheet-result-papers_missing = Berkas kurang
sheet-result-device_failed = Alat rusak
sheet-result-biometrics_impossible = Biometrik tidak bisa
sheet-result-outsider = Warga daerah lain
sheet-walk-in = (tidak di daftar: isi NISN atau NIK)
sheet-ikd-offered = Ditawarkan
sheet-ikd-active = Aktif
sheet-ikd-refused = Menolak

# To contacts of places
contact-bring = Mohon siapkan ruangan dengan meja, kursi, dan listrik. Siswa membawa fotokopi kartu keluarga (KK). Gratis.
contact-list-more = • dan { $count } siswa lagi; daftar lengkap ada di surat.
contact-visit_request =
    Petugas Dukcapil ingin datang ke { $place } untuk perekaman KTP-el:
    { $day }, pukul { $from }–{ $until }, { $team }, { $count } siswa.
    { $bring }
    Siswa yang direkam:
    { $list }
    Apakah hari ini cocok? { $repeat }
contact-visit_request-moved =
    Jadwal perekaman KTP-el di { $place } berubah. Usul yang baru:
    { $day }, pukul { $from }–{ $until }, { $team }, { $count } siswa.
    { $bring }
    Siswa yang direkam:
    { $list }
    Apakah hari ini cocok? { $repeat }
contact-visit_request_reminder = Kami masih menunggu jawaban { $place } tentang perekaman KTP-el pada { $day }, pukul { $from }–{ $until } ({ $count } siswa). Apakah hari ini cocok? Tanpa jawaban, kami menelepon. { $repeat }
contact-visit_changed-moved = Perekaman KTP-el di { $place } sudah disepakati untuk { $day }, pukul { $from }–{ $until } ({ $count } siswa). Pesan kami sebelumnya tidak berlaku lagi. { $repeat }
contact-visit_changed-cancelled = Perekaman KTP-el di { $place } pada { $day } dibatalkan. Jadwal baru menyusul. Mohon maaf. { $repeat }
contact-visit_changed-paused = Jangan menunggu tim: perekaman KTP-el di { $place } pada { $day } tidak bisa dilaksanakan ({ $reason }). Kami kabari begitu ada jadwal baru. Mohon maaf. { $repeat }
contact-visit_changed-on_again = Perekaman KTP-el di { $place } pada { $day }, pukul { $from }–{ $until }, jadi dilaksanakan. Pesan kami bahwa perekaman tidak bisa, tidak berlaku lagi. { $repeat }
contact-by_hand =
    Yth. { $name },
    petugas { $office } ingin datang ke { $place } untuk perekaman KTP-el pada { $day }, pukul { $from }–{ $until } ({ $count } siswa).
    { $bring }
    Mohon balas pesan ini: SETUJU, atau usul hari lain. Terima kasih.
contact-by_hand-cancelled =
    Yth. { $name },
    perekaman KTP-el di { $place } pada { $day }, pukul { $from }–{ $until }, dibatalkan. Jadwal baru menyusul.
    Mohon maaf, dan terima kasih. { $office }
contact-button-agree = Setuju
contact-button-other = Usul hari lain
alarm-visit-unsuited = { $place } ingin hari lain untuk kunjungan { $day }, tetapi tidak ada pilihan yang cocok. Mohon ditelepon: siap17 visit calls.

bot-visit-agreed = Terima kasih! Perekaman di { $place } disepakati: { $day }, pukul { $from }–{ $until }. Siswa kami beri tahu sekarang dan sehari sebelumnya. Lihat /jadwal.
bot-visit-chosen = Terima kasih! Jadwalnya menjadi { $day }, pukul { $from }–{ $until }, dan sudah disepakati untuk { $place }. Siswa kami beri tahu. Lihat /jadwal.
bot-visit-agreed-already = Sudah disepakati: { $place }, { $day }, pukul { $from }–{ $until }. Tidak perlu apa-apa lagi.
bot-visit-agreed-elsewhere = Kontak lain { $place } sudah menyepakati perekaman KTP-el: { $day }, pukul { $from }–{ $until }.
bot-visit-moved = Jadwal di { $place } sudah berubah, jadi tombol tadi tidak berlaku. Usul sekarang: { $day }, pukul { $from }–{ $until }. Apakah cocok?
bot-visit-moved-agreed = Jadwal di { $place } sudah berubah, jadi tombol tadi tidak berlaku. Yang disepakati: { $day }, pukul { $from }–{ $until }.
bot-visit-cancelled = Kunjungan ke { $place } itu sudah dibatalkan. Tidak perlu apa-apa; jadwal baru menyusul.
bot-visit-over = Telepon kantor untuk mengubah kunjungan ke { $place } pada { $day }: { $phone }. Lewat tombol sudah tidak bisa.
bot-visit-days = Pilih hari lain untuk perekaman di { $place }. Sekarang tercatat { $day }.
bot-visit-gone = Pilih hari lain, ya: hari itu tidak bisa lagi. Sekarang tercatat { $day }.
bot-visit-no-days = Belum ada hari lain yang bisa untuk { $place } dalam dua bulan ini. Kami bisa menelepon.
bot-visit-called = Baik, kantor akan menelepon. Belum ada yang berubah: tercatat { $day }. Telepon kantor: { $phone }.
bot-button-visit-more = Hari lain lagi
bot-button-visit-none = Tidak ada yang cocok, telepon saya
bot-button-visit-keep = Setuju { $day }

# Letters
letter-phone = Telepon { $phone }
letter-number = Nomor
letter-kind = Sifat
letter-kind-important = Penting
letter-attachment = Lampiran
letter-attachment-list = 1 (satu) berkas
letter-about = Hal
letter-subject = Perekaman KTP-el bagi Siswa (Jemput Bola)
letter-to = Yth.
letter-to-school = Kepala { $place }
letter-to-place = Pimpinan { $place }
letter-attention = u.p. { $name }
letter-at = di { $where }
letter-greeting = Dengan hormat,
letter-basis = Berdasarkan Undang-Undang Nomor 23 Tahun 2006 tentang Administrasi Kependudukan sebagaimana telah diubah dengan Undang-Undang Nomor 24 Tahun 2013, setiap penduduk yang telah berumur 17 tahun atau telah/pernah kawin wajib memiliki KTP-el. Agar kartu dapat diterima tepat pada umur 17 tahun, perekaman dilakukan sebelumnya.
letter-opening = Sehubungan dengan itu, kami bermaksud melaksanakan perekaman KTP-el bagi siswa di tempat Saudara pada:
letter-opening-moved = Sehubungan dengan itu, dan menggantikan pemberitahuan kami sebelumnya, kami bermaksud melaksanakan perekaman KTP-el bagi siswa di tempat Saudara pada:
letter-opening-agreed = Sehubungan dengan itu, sesuai kesepakatan, kami akan melaksanakan perekaman KTP-el bagi siswa di tempat Saudara pada:
letter-day = Hari, tanggal
letter-time = Waktu
letter-time-span = pukul { $from } sampai dengan { $until } { $zone }
letter-zone-wib = WIB
letter-zone-wita = WITA
letter-zone-wit = WIT
letter-zone-local = waktu setempat
letter-place = Tempat
letter-team = Petugas
letter-students = Jumlah siswa
letter-students-count = { $count } orang (daftar terlampir)
letter-please = Untuk kelancaran kegiatan tersebut, kami mohon bantuan Saudara untuk:
letter-please-room = menyediakan ruangan dengan meja, kursi, dan sumber listrik;
letter-please-tell = menyampaikan jadwal ini kepada siswa dalam daftar terlampir dan orang tua/wali mereka;
letter-please-bring = meminta setiap siswa membawa fotokopi kartu keluarga (KK) dan berpakaian rapi dan berkerah;
letter-please-teacher = menugaskan seorang guru atau operator sekolah sebagai pendamping.
letter-answer = Mohon kesediaan Saudara, atau usul hari lain, disampaikan paling lambat { $day } melalui bot Telegram atau telepon kantor kami.
letter-free = Perekaman dan penerbitan KTP-el tidak dipungut biaya.
letter-closing = Demikian kami sampaikan. Atas perhatian dan kerja sama Saudara, kami ucapkan terima kasih.
letter-copies = Tembusan:
letter-list-of = Lampiran surat Nomor { $number }, tanggal { $day }
letter-list-title = Daftar siswa untuk perekaman KTP-el di { $place }, { $day }
letter-list-class = Kelas { $class } ({ $count } siswa)

# Calendars
feed-title = Perekaman KTP-el – { $name }
feed-summary = Perekaman KTP-el: { $place } ({ $count } siswa)
feed-summary-place = Perekaman KTP-el ({ $count } siswa), { $team }
feed-announced = Menunggu persetujuan tempat.
feed-confirmed = Sudah disepakati.
feed-done = Sudah dilaksanakan.
feed-cancelled = Dibatalkan.
feed-description = { $team }. Siswa membawa fotokopi kartu keluarga (KK). Gratis.

# Roster: the school's own sheet, with what is wrong marked in it. Red = not taken, yellow = taken.
# $where = file (the sheet as a whole) | row.
roster-answer-sheet = Daftar siswa
roster-answer-guide = Petunjuk
roster-answer-column = Yang perlu diperbaiki
roster-answer-title = Perbaiki file ini, lalu kirim lagi
roster-answer-mend = 1. Perbaiki sel yang berwarna di lembar "{ $sheet }". Merah: siswa belum diterima. Kuning: siswa diterima, tetapi perlu diperiksa.
roster-answer-again = 2. Simpan, lalu kirim lagi file yang sama ini. Yang lain tidak perlu diubah atau dihapus.
roster-answer-masked = 3. Angka dengan tanda * boleh dibiarkan: sudah ada pada kami, atau tidak kami perlukan.
roster-answer-crossed = 4. NIK dengan huruf x belum ada pada kami, dan disembunyikan di sini supaya aman: ketik lagi 16 angkanya dari KK.
roster-answer-counts = Baris merah: { $errors }. Baris kuning: { $flags }.
roster-answer-notes = { $count } catatan lain boleh dibiarkan: NIK dari daerah lain, atau angka 0 di depan NISN yang sudah kami tambahkan.
roster-answer-row = Baris
roster-answer-cell = Sel
roster-answer-header = Kolom
roster-answer-more = Masih ada { $count } lagi: lihat kolom "{ $column }" di lembar "{ $sheet }".
roster-answer-code = Kode
roster-answer-place = Nama tempat
roster-answer-other_rows = lain
roster-answer-hidden = NIK ini belum ada pada kami, dan disembunyikan di sini supaya aman. Ketik lagi 16 angkanya dari KK.
roster-problem-nik_not_16_digits = NIK tidak 16 angka. Salin dari kartu keluarga (KK).
roster-problem-nik_unreadable = NIK tersimpan sebagai bilangan, jadi angka terakhirnya hilang. Ketik lagi dari kartu keluarga (KK).
roster-problem-nik_impossible_date = Angka ke-7 sampai ke-12 NIK bukan tanggal. Cocokkan NIK dengan kartu keluarga (KK).
roster-problem-nik_missing =
    { $where ->
        [file] Tidak ada kolom NIK. Tambahkan kolom NIK kalau bisa.
       *[row] NIK kosong. Isi dari kartu keluarga (KK).
    }
roster-problem-nik_date_differs = Tanggal di dalam NIK berbeda dengan tanggal lahir. Cocokkan keduanya dengan kartu keluarga (KK).
roster-problem-nik_sex_differs = Jenis kelamin di dalam NIK berbeda dengan kolom jenis kelamin. Cocokkan keduanya dengan kartu keluarga (KK).
roster-problem-nik_other_region = NIK berasal dari daerah lain. Kalau NIK dan alamat siswa sudah benar, biarkan saja.
roster-problem-nisn_padded = Angka 0 di depan NISN hilang, dan sudah kami tambahkan. Kalau hasilnya benar, biarkan saja.
roster-problem-nisn_missing =
    { $where ->
        [file] Tidak ada kolom NISN. Tambahkan kolom NISN kalau bisa.
       *[row] NISN kosong atau tidak 10 angka. Cari di Dapodik atau EMIS.
    }
roster-problem-birth_date_implausible = Menurut tanggal lahir ini siswa terlalu muda atau terlalu tua untuk daftar ini. Cocokkan dengan kartu keluarga (KK).
roster-problem-birth_date_missing = Tanggal lahir kosong, jadi siswa belum diterima. Isi tahun-bulan-tanggal, misalnya 2009-12-31.
roster-problem-birth_date_unreadable = Tanggal lahir tidak terbaca, jadi siswa belum diterima. Tulis tahun-bulan-tanggal, misalnya 2009-12-31.
roster-problem-birth_date_ambiguous = Tanggal lahir bisa dibaca dengan dua cara. Pilih dari daftar, atau tulis tahun-bulan-tanggal.
roster-problem-name_missing = Nama kosong, jadi siswa belum diterima. Isi nama lengkap.
roster-problem-name_damaged = Ada huruf nama yang hilang atau berubah waktu file dibuat. Tulis ulang namanya.
roster-problem-class_doubtful = Kelas berubah menjadi tanggal. Atur kolom sebagai teks, lalu tulis ulang kelasnya.
roster-problem-column_implausible = Isi kolom ini hampir sama untuk semua siswa, atau naik sehari dari baris ke baris. Isi ulang untuk setiap siswa.
roster-problem-sex_unreadable =
    { $where ->
        [file] Tidak ada kolom jenis kelamin. Tambahkan kolom JK kalau bisa.
       *[row] Jenis kelamin tidak terbaca. Pilih L atau P.
    }
roster-problem-name_remark = Ada keterangan yang tidak kami ambil, misalnya pindah. Kalau siswa sudah pindah, keluar atau meninggal, beri tahu kantor.
roster-problem-class_missing = Sebagian siswa tidak punya kelas. Isi kolom kelas di setiap baris.
roster-problem-header_unknown = Judul kolom ini tidak kami mengerti, jadi isinya tidak dibaca. Tulis judul yang biasa, misalnya NIK.
roster-problem-sheet_unread = Ada lembar yang tidak dibaca. Kalau berisi siswa, tulis judul kolomnya di baris pertama.
roster-problem-nik_duplicate = NIK yang sama juga ada di baris { $rows }. Perbaiki yang salah; cocokkan dengan kartu keluarga (KK).
roster-problem-nisn_duplicate = NISN yang sama juga ada di baris { $rows }. Perbaiki yang salah.
roster-problem-identity_conflict =
    { $field ->
        [birth_date] Tanggal lahir berbeda dengan catatan kami; catatan kami yang dipakai. Cocokkan dengan kartu keluarga (KK), lalu beri tahu kantor.
        [name] Nama berbeda dengan catatan kami; catatan kami yang dipakai sampai kantor memutuskan. Cocokkan dengan kartu keluarga (KK).
       *[nik] NIK tidak cocok dengan catatan kami, jadi tidak kami ambil. Cocokkan dengan kartu keluarga (KK).
    }
roster-problem-place_unknown =
    { $where ->
        [file] Sekolah asal daftar ini tidak dikenal, jadi siswanya belum diterima. Tanya ke kantor.
       *[row] NPSN ini tidak ada dalam daftar kami, jadi siswa belum diterima. Pilih NPSN yang benar, atau tanya ke kantor.
    }
roster-problem-possible_duplicate = Siswa ini mungkin tercatat dua kali. Kalau ada dua baris untuk satu orang, hapus satu; kalau tidak, beri tahu kantor.
roster-problem-listed_elsewhere = Siswa ini juga ada di daftar sekolah lain dan tetap tercatat di sana. Kalau sekarang di sini, minta sekolah itu mengirim daftar siswa keluar.
roster-problem-listed_though_closed = Menurut catatan kami siswa ini meninggal atau pindah dari daerah ini. Kalau itu salah, beri tahu kantor.
roster-problem-wrong_file =
    { $where ->
        [file] Daftar ini mungkin bukan daftar yang dimaksud. Periksa apakah file dan sekolahnya benar.
       *[row] Sekolah yang disebut di sini bukan sekolah daftar ini, atau belum kami kenal. Periksa sekolahnya, atau tanya ke kantor.
    }
roster-problem-cell_unread = Sel ini berisi rumus tanpa nilai, atau teks yang terlalu panjang. Buka file di Excel, simpan sekali, atau pendekkan teksnya.
roster-problem-row_shifted = Jumlah kolom baris ini tidak sama dengan judulnya, jadi isinya mungkin bergeser. Cocokkan seluruh baris.

picture-title = Rencana kunjungan { $office }, { $from } sampai { $to }
picture-map = Peta sekolah dan desa
picture-proposed = diusulkan
picture-announced = diumumkan
picture-confirmed = disetujui
picture-off = tim tidak jalan
picture-all = semua terlayani
picture-some = sebagian
picture-none = belum terlayani
picture-nobody = tidak ada yang menunggu
picture-base = pangkalan tim
picture-students =
    { $left ->
        [0] { $met } siswa
       *[other] { $met } siswa terlayani, { $left } belum
    }

# Pesanan kunjungan
digest-orders = Pesanan kunjungan belum dijawab: { $open }, terlambat: { $overdue }.
order-home = Kunjungan rumah { $number }
order-accepted = Pesanan { $number }: tim datang { $day }, pukul { $time }, di { $place }. Mohon warga membawa fotokopi KK. Gratis.
order-declined = Pesanan { $number }: kami belum bisa datang. Alasan: { $reason }
bot-order-nobody = Pesanan kunjungan hanya bisa dikirim akun sekolah atau desa. Minta akun ke kantor.
bot-order-where = Kunjungan untuk mana?
bot-order-count = Pesan kunjungan ke { $place }. Berapa orang kira-kira yang akan direkam? Tulis angkanya saja.
bot-order-count-wrong = Tulis angkanya saja, dari 1 sampai 2000.
bot-order-when = { $expected } orang. Kapan sebaiknya kami datang?
bot-order-soon = Secepatnya (2 minggu)
bot-order-month = Bulan depan
bot-order-any = Kapan saja
bot-order-taken = Pesanan { $number } sudah kami terima. Jawaban dengan tanggal kami kirim ke sini, paling lambat { $until }.
bot-order-refused = Pesanan belum bisa diterima: { $reason }
bot-help-order = /pesan – minta tim datang ke tempat Anda
