# What people read, English. What to do comes first; short sentences; at most 400 characters.
# $to = student | guardian | paper; $name = first name.
language-name = English

notice-greeting =
    { $to ->
        [guardian] To the parent or guardian of { $name }:
       *[student] { $name },
    }
notice-late =
    { $days ->
        [0] { "" }
        [one] (This notice is one day late.)
       *[other] (This notice is { $days } days late.)
    }
notice-repeat = (You may have had this message already.)
notice-where = { $point }, { $address }. Open { $day }.
notice-where-ask = { $point }, { $address }. Ask the office when it is open.
notice-bring = Bring a copy of the family card (KK). Free of charge. Code: { $code }
notice-bring-without-code = Bring a copy of the family card (KK). Free of charge. Code: send /status.

notice-turned_17-collect = { $greeting } happy 17th birthday! The KTP-el card is ready. Please collect it: { $where } { $bring } { $late } { $repeat }
notice-turned_17-print_on_arrival = { $greeting } happy 17th birthday! The KTP-el card can be printed while you wait. Please come: { $where } { $bring } { $late } { $repeat }
notice-turned_17-not_ready_yet = { $greeting } happy 17th birthday! No need to come yet: the KTP-el card is in the works. We write as soon as it can be collected. { $late } { $repeat }
notice-turned_17-printed = { $greeting } happy 17th birthday! The KTP-el card is printed, but cannot be collected yet. No need to come yet: we write as soon as it can. { $late } { $repeat }
notice-turned_17-not_recorded = { $greeting } happy 17th birthday! Please come to be recorded for the KTP-el card: { $where } Bring a copy of the family card (KK). Free, about 15 minutes. { $late } { $repeat }
notice-turned_17-do_you_have_it = { $greeting } happy 17th birthday! Do you have the KTP-el card already? If not, come to be recorded: { $where } Bring a copy of the family card (KK). Free of charge. { $late } { $repeat }
notice-card_ready-collect = { $greeting } the KTP-el card is ready. Please collect it: { $where } { $bring } { $repeat }
notice-card_ready-print_on_arrival = { $greeting } the KTP-el card can be printed while you wait. Please come: { $where } { $bring } { $repeat }
notice-collect_reminder = { $greeting } the KTP-el card is still waiting to be collected: { $where } { $bring } { $repeat }
notice-collect_changed-do_not_come = { $greeting } please do not come for the KTP-el card yet: { $reason }. We write as soon as it works again, after { $until } at the earliest. { $repeat }
notice-collect_changed-open_again = { $greeting } the KTP-el card can be collected again: { $where } { $bring } { $repeat }
notice-collect_changed-other_place = { $greeting } the KTP-el card is now at another place: { $where } { $bring } { $repeat }
notice-collect_changed-no_recording = { $greeting } please do not come to be recorded yet: { $reason }. We write as soon as it works again, after { $until } at the earliest. { $repeat }
notice-collect_changed-recording_again = { $greeting } recording for the KTP-el card works again. Please come: { $where } Bring a copy of the family card (KK). Free of charge. { $repeat }
notice-collected = { $greeting } the KTP-el card was handed out on { $day } to { $by }. If that is wrong, send /lapor. { $repeat }
notice-recorded = { $greeting } the recording for the KTP-el card on { $day } worked. Keep this chat: we write at 17. It usually takes { $usual } days. { $repeat }
notice-record_again = { $greeting } the recording has to be done again, because the data did not arrive. Please come to: { $where } Bring a copy of the family card (KK). Free of charge. { $repeat }
notice-visit_announced = { $greeting } the civil registry comes to { $place } on { $day } at { $time } to record for the KTP-el card. Bring a copy of the family card (KK). Free of charge. { $repeat }
notice-visit_tomorrow = { $greeting } tomorrow, { $day } at { $time }, recording for the KTP-el card at { $place }. Bring a copy of the family card (KK). { $repeat }
notice-visit_changed-moved = { $greeting } the recording for the KTP-el card at { $place } is now on { $day } at { $time }. Bring a copy of the family card (KK). { $repeat }
notice-visit_changed-postponed = { $greeting } the recording for the KTP-el card at { $place } is put off. We will send the new date. { $repeat }
notice-visit_changed-cancelled = { $greeting } the recording for the KTP-el card at { $place } on { $day } is cancelled. We will send the new date. { $repeat }
notice-session_open = { $greeting } recording for the KTP-el card, open to everybody: { $place }, { $day }, { $time }. Not recorded yet? Please come. Bring a copy of the family card (KK). Free of charge. Recorded already? Then ignore this. { $repeat }
notice-visit_changed-session_cancelled = { $greeting } the recording for the KTP-el card at { $place } on { $day }, { $time }, is cancelled. Please do not come. Other dates: send /jadwal. { $repeat }
notice-missed_visit = { $greeting } you were not recorded on { $day }. Please come to the office: { $where } Bring a copy of the family card (KK). Free of charge. Or wait for the next date at school. { $repeat }
notice-missed_visit-outsider = { $greeting } your family card (KK) is from another region, so you are recorded at the civil registry (Dukcapil) of that region, which issued the KK. Bring a copy of the KK. Free of charge. { $repeat }
notice-correction = { $greeting } our message about the 17th birthday was wrong: the birth date has been corrected. No need to come yet. Sorry. { $repeat }
notice-correction-not_collected = { $greeting } our message that the KTP-el card was handed out was wrong. It has not been handed out and is still kept at the office. Sorry. { $repeat }

by-self = the person
month-1 = January
month-2 = February
month-3 = March
month-4 = April
month-5 = May
month-6 = June
month-7 = July
month-8 = August
month-9 = September
month-10 = October
month-11 = November
month-12 = December
weekday-1 = Monday
weekday-2 = Tuesday
weekday-3 = Wednesday
weekday-4 = Thursday
weekday-5 = Friday
weekday-6 = Saturday
weekday-7 = Sunday

alarm-conflict = IMPORTANT: another program uses this bot's token. Change the token with @BotFather and update the token file.
alarm-token = IMPORTANT: Telegram refuses the bot's token. Check the token file, then run siap17 check.
alarm-message-refused = IMPORTANT: Telegram refused a text of the kind { $kind }. Nothing of this kind goes out. Mend the text, then run siap17 notice resume.
alarm-health-database = IMPORTANT: siap17 cannot write its database any more, so no notice goes out and nothing new is kept. Please have the disk of the server looked at now, then siap17 check.
alarm-health-jobs = IMPORTANT: work that siap17 does by itself has not been done for a while. Please have siap17 check run, which says what.
alarm-health-backup = IMPORTANT: there has been no backup of siap17's database for days. Please have the disk of the backups looked at, then siap17 check.
alarm-health-sealer = IMPORTANT: the record of who did what is not being sealed. Please have siap17 check run.
alarm-sweep = IMPORTANT: the nightly check found { $count } people whose notices had been missed. They are mended now. Please tell whoever looks after siap17.
alarm-backup = IMPORTANT: no good copy of the database was made for { $day }. Look at the disk's space and the folder of the copies, then run siap17 check.
alarm-clock-differs = IMPORTANT: siap17's computer clock is { $minutes } minutes off. No notice is sent until it is right. Set the clock, then run siap17 check.
alarm-clock-behind = IMPORTANT: siap17's computer clock is behind the last notice that was sent ({ $newest }). Nothing is sent until it is right. Set the clock; if it is right: siap17 notice resume --clock.
alarm-clock-not-compared = IMPORTANT: Telegram has not answered for long, so siap17's clock cannot be compared. Notices wait until it answers. Check the internet connection.
alarm-clock-far = IMPORTANT: siap17's computer clock is far from when it was last read ({ $last }), and cannot be compared yet. Notices wait. Check clock and internet; if the clock is right: siap17 notice resume --clock.
alarm-audit = IMPORTANT: siap17's audit record is no longer whole, near entry number { $number }. Somebody may have deleted or changed entries. Keep a copy of the database as it is, then run siap17 audit verify.

digest =
    { $day } – { $office }
    Today: { $recorded } recorded, { $printed } printed, { $collected } collected.
    Waiting to be collected: { $waiting }. Blanks: { $blanks }. Open complaints: { $complaints }.
    In all: { $eligible } to be recorded, { $allrecorded } recorded, { $allcollected } with card.
digest-call = To call: { $place } ({ $contact }) has not agreed to the visit of { $day }.
digest-calls-more = and { $count } places more: siap17 visit calls.
digest-write = To be written to by hand, without Telegram: { $count } places; siap17 visit calls.
digest-clock = ⚠️ Today the computer's clock was wrong or could not be compared for a while; notices waited meanwhile.
digest-broken = Device broken: { $team } since { $since } ({ $days } days), until { $until }.
digest-audit = The audit record ends at { $head }. Keep this message; later it is checked with siap17 audit verify --head { $head }.
digest-audit-broken = IMPORTANT: the audit record is no longer whole, near entry number { $number }. Run siap17 audit verify.

slip-student = For the student: { $name }
slip-guardian = For the parent or guardian of { $name }
slip-why = We tell you when the KTP-el card can be collected. Free.
slip-how = Scan the picture, or search for @{ $bot } in Telegram, press Start, then send the code:
slip-how-unnamed = Open the office's bot in Telegram (ask the office for its name), press Start, then send the code:
slip-foot = Keep this code secret: it works once, until { $until }. The bot never asks for NIK, photos of the family card, passwords or money. { $office }
slip-office = { $office }, telephone { $phone }

# Bot
bot-opening =
    This is the official bot of { $office }. Free of charge.
    We tell you when recording takes place and when the KTP-el card can be collected. We never ask for NIK, photos of the family card, passwords or money.
    Messages travel through Telegram's servers abroad. { $read }
bot-opening-generic =
    This is the official bot of the civil registry. Free of charge.
    We tell you when recording takes place and when the KTP-el card can be collected. We never ask for NIK, photos of the family card, passwords or money.
    Messages travel through Telegram's servers abroad. What is kept: send /data or ask the office.
bot-opening-read = What is kept: send /data or ask the office.
bot-opening-read-url = What is kept: { $url }
bot-the-office = the civil registry
bot-no-office = This bot is not ready yet. Please try again later.
bot-ask-code = Send the code from your slip, such as ABCDE-12345. No code yet? Try /jadwal (dates), /lokasi (places), /lapor (complain) or /bantuan (help). Bahasa: /bahasa
bot-linked-for = This chat is linked for: { $names }. See /status or /bantuan.

bot-agree-student = Do you agree to get messages about the KTP-el card in this chat?
bot-agree-guardian = This code is for the parent or guardian. Do you agree that we send messages about your child's KTP-el card, to this chat or the child's?
bot-agree-contact = This code is for the contact of { $place }. Do you agree to get messages about recording visits in this chat?
bot-agree-staff = This code is for the staff account { $account }. Do you agree to use that account in this chat?
bot-button-agree = I agree
bot-button-refuse = No
bot-button-parent = I am the parent or guardian
bot-refused = All right, we send nothing to this chat. You are still told on paper, by the school or the office. Changed your mind? Send the code again.
bot-parent-own-code = Send the parent's or guardian's code: it is on the other half of the slip. The code just sent is the student's, so nothing is linked yet.
bot-name-right = { $who } – right?
bot-button-right = Yes, right
bot-button-wrong = No
bot-name-wrong = Ask the school or the office for the right slip; slips may have been mixed up. Nothing is linked.
bot-birth-day = On which day was { $name } born? Choose the day.
bot-birth-month = Day { $day }, which month? Choose the month.
bot-wrong = Check the slip and send the code again: the code or the birth date does not fit. After 5 wrong tries, wait until tomorrow or ask the office.
bot-locked = Try again tomorrow: there were 5 mistakes in this chat. The slip stays good.
bot-ask = Ask { $office }, { $address }.
bot-ask-phone = Ask { $office }, { $address }, telephone { $phone }.
bot-ask-anywhere = Ask your civil registry office.
bot-code-used = This code was used in another chat. If that was not your family, tell the office at once. Do you need a code? Ask for a new slip.
bot-code-replaced = This code was replaced. Use the code on the newer slip, or ask for a new slip.
bot-code-reset = The office cancelled this code. Ask for a new slip.
bot-code-expired = This code was good until { $day } only. Ask for a new slip.
bot-code-burnt = This code was closed, because the birth date was wrong too often. Ask for a new slip.
bot-code-pickup = This pickup code is not good any more: it was replaced, or its time is over. The newest is in the family's chat: /status.
bot-code-ended = This code is not good any more: it was used or replaced. Ask for a new slip.
bot-linked = Done! We write when there is news about { $name }'s KTP-el card. Look any time: /status. No more messages: /berhenti.
bot-linked-waits = Linked. Messages start once { $name }'s parent or guardian agrees: with the code on the other half of the slip, or by signing at school. Look any time: /status.
bot-waits-for-guardian = No messages yet: the parent or guardian has to agree first.
bot-linked-contact = Done! This chat gets messages about visits to { $place }. See /jadwal. No more messages: /berhenti.
bot-linked-staff = Done! This chat acts for the account { $account }. What it can do: /bantuan.
bot-linked-already = This chat is linked by that code already. See /status or /bantuan.
bot-new-chat = A { $half ->
        [guardian] parent's or guardian's
       *[student] student's
    } chat was just linked for the ID card of { $name }. Is it your family? The pickup code shows there once you answer "Yes", or tomorrow. If "No", that chat is cut off.
bot-button-ours = Yes, our family
bot-button-not-ours = No
bot-linked-asks = The pickup code does not show here yet: we first ask the chats that were linked before ({ $others }). Without an answer it shows tomorrow. Are those chats your family?
bot-family-chat = { $half ->
        [guardian] parent or guardian
       *[student] student
    } since { $day }
bot-family-vouched = Thank you. The pickup code for the ID card of { $name } now shows in that chat, too.
bot-family-you-are = The family confirmed this chat. Pickup code for the ID card of { $name }: send /status.
bot-family-cut = That chat was cut off from the ID card of { $name }, and the office is told. The newest pickup code: /status. { $ask }
bot-family-you-are-cut = This chat was cut off: the family of { $name } answered "No". If that is a mistake, ask the office. { $ask }
bot-family-disputed = The office is told. Until it has looked into this, the pickup code of { $name } shows in no chat. { $ask }
bot-family-you-are-disputed = Another chat for the ID card of { $name } answered that this one is not the family. Until the office has looked into this, the pickup code shows in no chat. { $ask }
bot-family-noted = Thank you. Nothing changed.
bot-family-not-known = The family has not confirmed this chat itself yet, so its "Yes" does not count. { $ask }
bot-family-gone = That chat is not linked any more. There is nothing left to do.
bot-code-waits = The pickup code does not show here yet: it waits for the family's answer, at the latest until { $day }, { $time }.
bot-code-disputed = The pickup code does not show here until the office has looked into this. { $ask }
bot-new-staff-chat = Call the office's admin if this is not you: another chat was just linked for the account { $account }.
bot-alarm-staff-chat = A new chat now acts for the staff account { $account }. If that is wrong: siap17 staff disable { $account }.
bot-alarm-slip-again = IMPORTANT: the { $half ->
        [guardian] parent's or guardian's
       *[student] student's
    } slip of { $who } was used already, and came again from another chat. Somebody else may hold it. Ask the family; if it is not they: siap17 link reset, then a new slip.
bot-alarm-slip-burnt = IMPORTANT: the { $half ->
        [guardian] parent's or guardian's
       *[student] student's
    } slip of { $who } was closed, because its birth date was guessed wrong in many chats. Ask the family, then print a new slip: siap17 link slips.
bot-alarm-family-cut = IMPORTANT: the family of { $who } rejected the { $half ->
        [guardian] parent's or guardian's
       *[student] student's
    } chat that was just linked, and it was cut off. Somebody else may hold a slip. Ask the family, then print new ones: siap17 link slips … --student … --replace.
bot-alarm-family-disputed = IMPORTANT: the { $half ->
        [guardian] parent's or guardian's
       *[student] student's
    } chat that was just linked for { $who } rejects the one linked before. The pickup code shows in no chat until this is settled. Ask the family, then: siap17 link reset, and new slips.
bot-alarm-crowd = IMPORTANT: one chat is linked to { $count } students ({ $names }). Check whether somebody collects slips; unlink with siap17 link reset.
bot-alarm-roster = The roster of { $place } does not look right and waits for a person: siap17 roster review { $import }.

bot-for-whom = For whom?
bot-which-office = Which office?
bot-not-linked = First send the code from your slip. No slip? Ask the school or { $office }. Without a code: /jadwal, /lokasi, /lapor.
bot-lost = See /status, /jadwal (dates), /lokasi (places), or all commands: /bantuan. We do not read free text; to complain, send /lapor.
bot-lost-unlinked = Send the code from your slip, or see all commands: /bantuan. We do not read free text; to complain, send /lapor.
bot-lost-counter = Send the pickup code that the person shows, such as ABCDE-12345. All commands: /bantuan.
bot-stale = Start again with the command or the code: that button is no longer valid.
bot-cancelled = All right, cancelled. Nothing was changed.
bot-button-cancel = Cancel
bot-try-again = Please send it again. Something went wrong on our side, and your message was not handled.
bot-group = Write to me in a private chat; in groups I cannot help.
bot-nik-deleted = Do not send a NIK in the chat, so that your data stay safe. We deleted that message and kept nothing of it. We never ask for a NIK.
bot-media-deleted = Do not send pictures or files in the chat, so that your data stay safe. We deleted it and kept nothing of it. Bring documents to the office.

bot-status-of = { $name } – KTP-el card
bot-step-1 = Recorded
bot-step-2 = Processed
bot-step-3 = Card ready to collect
bot-step-4 = Card collected
bot-bring = Bring a copy of the family card (KK). Free of charge.
bot-status-collected = The card was handed out on { $day } to { $by }. If that is wrong, send /lapor. { $repeat }
bot-status-has-card = We believe there is a card already. If not, ask the office: /lokasi.
bot-status-closed = Ask the office about this record: /lokasi.
bot-status-ready = Please collect it: { $where } { $bring }
bot-status-arrival = Please come, the card is printed while you wait: { $where } { $bring }
bot-status-before-17 = No need to come yet: the card can be collected from the age of 17. We write to you.
bot-status-paused = Please do not come yet: { $reason }. After { $until } at the earliest.
bot-status-printed = No need to come yet: the card is on its way to the counter. We write to you.
bot-status-to-print = No need to come yet: the card waits to be printed. We write to you.
bot-status-again = Please come to be recorded again, because the data did not arrive: { $where } { $bring }
bot-status-processing =
    { $since ->
        [known] No need to come yet. It usually takes { $usual } days from the recording ({ $day }).
       *[unknown] No need to come yet. It usually takes { $usual } days from the recording.
    }
bot-status-unknown = Do you have the KTP-el card already? If not, or if you were never recorded, come to: { $where } { $bring } We do not know yet whether the recording was done.
bot-status-young = No need to come yet: recording starts at the age of { $age }.
bot-status-visit = Come to be recorded on { $day } at { $time }, { $place }. { $bring }
bot-status-not-recorded = Wait for the team at school (/jadwal), or come to be recorded: { $where } { $bring }
bot-status-outsider = Your family card (KK) is from another region: go to the civil registry (Dukcapil) that issued it to be recorded. Bring a copy of the KK. Free of charge.

bot-schedule = Recording for the KTP-el card:
bot-schedule-line = • { $day } at { $time }: { $place }
bot-schedule-bring = Bring a copy of the family card (KK). Free of charge.
page-schedule = Recording for the KTP-el card
page-lead = Open to everybody. Free of charge.
page-language = English
page-bring = Bring: a copy of the family card (KK).
page-who = For everybody from { $age } years on who is not recorded yet. No letter from the neighbourhood (RT/RW) is needed. Nobody may ask for money.
page-none = No date yet. You can also be recorded at the office in its opening hours.
page-office = Office:
page-phone = Telephone: { $phone }
page-fresh = As of { $day }. Dates may change.
page-no-office = There is no such office here.
page-later = The dates cannot be shown now. Please try again in a moment.
bot-schedule-open = Open to everybody:
bot-schedule-none = No visit is planned yet. You can also come to the office: /lokasi.
bot-places = { $office } – where cards are collected:
bot-places-paused = Please do not come yet: { $reason }. After { $until } at the earliest.
bot-places-phone = Telephone: { $phone }

bot-language = Pilih bahasa / Choose a language:
bot-language-set = All right, we write in English.
bot-help =
    /status – how far the KTP-el card is
    /jadwal – recording dates
    /lokasi – where to collect the card
    /data – what is kept, ask for a correction
    /lapor – complain, without a name if you like
    /bahasa – Indonesia / English
    /berhenti – no more messages
    Do you have a code? Just send it here.
bot-help-counter = Staff: send a pickup code to hand out the card.
bot-help-recorder = Staff: /rusak – a team's device is broken.
bot-help-reports = Staff: /hariini – today's numbers.

bot-data-of =
    { $who }. We keep: name, sex, place and date of birth, NISN, school and class, area of residence, the stage of the KTP-el card, the agreement, and the messages sent.
    { $nik ->
        [yes] The NIK is kept locked.
       *[no] There is no NIK.
    } { $phone ->
        [yes] The phone number is kept locked.
       *[no] There is no phone number.
    }
bot-data-chat = This chat: its number is kept locked, with your language. What you write is deleted once answered, except complaints.
bot-data-how-long = For how long: files from schools { $files } days, numbers of messages { $updates } days, backups { $backups } days. For everything else ask { $office }; there you also get a copy or a deletion.
bot-button-correct = Something is wrong
bot-correct = Write what is wrong and what is right. Do not write a NIK.
bot-correct-words = Correction: { $text }
bot-correct-kept = Your wish for a correction came in, number { $number }. The office answers in this chat, within 3 days at the latest.

bot-complain-how = May we answer your complaint in this chat?
bot-button-signed = You may answer
bot-button-nameless = Without a name
bot-complain-signed = Write your complaint in one message. Do not write a NIK.
bot-complain-nameless = Write your complaint in one message. We do not keep who wrote it, so we cannot answer. Do not write your name or NIK.
bot-complaint-kept = Your complaint came in, number { $number }. The office answers in this chat.
bot-complaint-kept-nameless = Your complaint came in without a name, number { $number }. We cannot answer here.
bot-complaint-answer =
    { $office } answers complaint number { $number }:
    { $text }

bot-stop-nothing = This chat is linked to nobody, so there is nothing to stop.
bot-stop-which = For whom shall messages stop?
bot-stop-sure = Stop messages for { $name } in this chat?
bot-button-stop = Yes, stop
bot-button-keep = No
bot-stopped = Stopped: no more messages for { $name } in this chat. Want them again? Ask the school or the office for a new code.
bot-stopped-all = Stopped: the agreement is withdrawn, so no chat gets messages about { $name }'s KTP-el card any more. You are told on paper. Want them again? Ask the school or the office for a new code.
bot-stopped-elsewhere = Messages about { $name }'s KTP-el card have stopped, because the agreement was withdrawn. You are told on paper. Want them again? Ask the school or the office for a new code.

bot-show-at-counter = Show this code at the counter when you collect the card. No need to send it here. Places: /lokasi.
bot-counter =
    { $name }
    Class: { $class }. Born in { $year }.
    { $state }
    { $chats }
bot-counter-unknown = No card has this code. Check it, or search by name on the computer.
bot-card-none = The card is not printed yet.
bot-card-arrival = The card is not printed yet; it is printed when the holder comes, at { $point }.
bot-card-printed = The card is printed, not at the counter yet.
bot-card-ready = The card is ready at { $point }.
bot-card-collected = The card was handed out on { $day } at { $time } by { $by }.
bot-button-own = Handed to the holder
bot-button-family = Handed to family
bot-counter-relation = Who collects { $name }'s card?
bot-relation-mother = Mother
bot-relation-father = Father
bot-relation-guardian = Guardian
bot-relation-other = Other
bot-counter-chat = The code is for the { $half ->
        [guardian] parent's or guardian's
       *[student] student's
    } chat, linked since { $day }{ $standing ->
        [asked] . NOT confirmed by the family yet: check carefully.
        [disputed] . REJECTED by the family: do not hand out without checking!
       *[known] .
    }
bot-counter-no-chat = No chat is linked now.
bot-counter-name = What is the name? Write who takes the card of { $name }, as the document says.
bot-counter-name-wrong = Write the person's name, letters only. No NIK.
bot-counter-document = { $taker }: which document did you see? Without one, do not hand it out.
bot-document-ktp = KTP-el
bot-document-kk = Family card (KK)
bot-document-sim = Driving licence (SIM)
bot-document-passport = Passport
bot-counter-done = Noted: { $name }'s card is handed out.
bot-counter-not-ready = { $name }'s card cannot be handed out yet: not printed, or not at the counter.
bot-counter-cancelled = Cancelled: { $name }'s card is not handed out.
bot-counter-cancelled-late = This cannot be cancelled here, { $name }: { $state } If that is wrong, take it back on the computer: siap17 card collect-undo { $student } --reason "…"
bot-counter-was-cancelled = That question was cancelled, so { $name }'s card is not noted as handed out. Want to hand it out? Send the pickup code again.
bot-broken-which = Which team's device is broken?
bot-broken-sure = The device of { $team } is broken? { $open } students of today without a result are written down as "device failed" and planned again. How long does the team stay at home?
bot-broken-today = Only today
bot-broken-days = { $days } days
bot-broken-done = Written down: { $team } stays at home until { $until }. { $count } students are "device failed"; the new plan is made tonight. Results that are there stay, and those still on the list can be read in later.
bot-broken-none = No visit is open today. If a device is broken, tell the office.
bot-not-allowed = Your account may not do this. Ask the office's admin.

# Rosters through the bot
bot-file-not-here = Do not send files in this chat: files about children are not taken through the bot, and we did not open it. We delete it from the chat; if you still see it, please delete it yourself. Send the roster straight to { $office }: by the office's e-mail, or on a memory stick.
bot-help-roster = Schools and villages: send the roster file here.
bot-roster-received = The roster of { $place } has arrived and is being read. The answer comes in this chat.
bot-roster-whose = Which school or village is this file for? Unless you choose, it is not read, and we delete it from the chat within 24 hours.
bot-roster-too-large = Split the file, such as by class, or send it straight to the office: the bot takes at most 20 MB. Nothing was changed. We delete the file from the chat; if you still see it, please delete it.
bot-roster-not-fetched = Please send the file again: we tried several times and could not get it from Telegram. Nothing was changed. We delete the file from the chat; if you still see it, please delete it.
bot-roster-failed = Please send the file again, or send it straight to the office: something went wrong on our side, and it was not handled. We delete the file from the chat; if you still see it, please delete it.
bot-roster-unreadable = Send the original file from Dapodik or EMIS (.xlsx), without a password: that file cannot be read as a roster. Nothing was changed. We delete the file from the chat; if you still see it, please delete it.
bot-roster-applied = The roster of { $place } has been taken in.
bot-roster-parked = The roster of { $place } is HELD: nothing was changed. The office looks at it first; do not send it again.
bot-roster-refused = The roster of { $place } is REFUSED: nothing was changed. Mend the file and send it again.
bot-roster-numbers = { $rows } students: { $new } new, { $changed } changed, { $unchanged } unchanged, { $rejected } rejected.
bot-roster-numbers-short = { $rows } students in the file, { $rejected } of them cannot be taken in.
bot-roster-missing = { $count } students of the earlier roster are not in this file. If they moved or left, tell the office.
bot-roster-problems = To be mended:
bot-roster-problem-line = • { $count } × { $advice }
bot-roster-problems-more = • and { $count } more kinds
bot-roster-deleted = We delete your file from this chat; if you still see it, please delete it.
bot-roster-answer = Every remark, row by row. Mend it in Dapodik or EMIS and send the new roster. Save this file; we delete it from the chat within 24 hours.
bot-button-saved = Saved / Delete
bot-roster-answer-lost = Ask the office for the answer file if it is not in this chat: we do not know whether it arrived. If it did, save it and tap the button below it.
bot-file-removed = All right, the file is gone from this chat.
bot-file-remove-yourself = Please delete the roster's file from this chat: it has been here for too long, so we cannot delete it any more.
bot-note-no_numbers = This list has neither NIK nor NISN. We know the students by name and birth date only.
bot-note-nik_column_empty = The NIK column is empty. Fill it in from the KK if you can.
bot-problem-nik_not_16_digits = NIK without 16 digits. Copy it again from the family card (KK).
bot-problem-nik_unreadable = NIK spoiled by Excel. Write it as text, copied from the KK.
bot-problem-nik_impossible_date = NIK impossible: the date in it does not exist. Copy it again from the KK.
bot-problem-nik_missing = NIK empty. Copy it from the KK.
bot-problem-nik_date_differs = NIK and birth date differ. Compare them with the KK.
bot-problem-nik_sex_differs = NIK and sex differ. Compare them with the KK.
bot-problem-nik_other_region = NIK of another region. Leave it if it is the one on the KK.
bot-problem-nisn_padded = NISN without its leading 0. Write it as text.
bot-problem-nisn_missing = NISN empty or not 10 digits. Fill it in from Dapodik.
bot-problem-birth_date_implausible = Birth date unlikely for a student. Compare it with the KK.
bot-problem-birth_date_missing = Birth date empty, so the student is rejected. Fill it in from the KK.
bot-problem-birth_date_unreadable = Birth date unreadable, so the student is rejected. Write it like 2010-02-28.
bot-problem-birth_date_ambiguous = Birth date that reads two ways. Write it like 2010-02-28.
bot-problem-name_missing = Name empty, so the student is rejected. Fill it in.
bot-problem-name_damaged = Name with a damaged letter. Write it anew.
bot-problem-sex_unreadable = Sex unreadable. Write L or P.
bot-problem-class_doubtful = Class that Excel took for a date. Write it as text.
bot-problem-column_implausible = A column that nearly all students have alike. Fill it in anew from the KK.
bot-problem-name_remark = There is a remark such as moved or left. If the student is gone, tell the office.
bot-problem-class_missing = Some students have no class. Fill in the class column.
bot-problem-header_unknown = One column title was not understood. Ask the office.
bot-problem-sheet_unread = One sheet was not read. If it lists students, give its columns titles.
bot-problem-nik_duplicate = One NIK for several students. Compare each with the KK.
bot-problem-nisn_duplicate = One NISN for several students. Compare them with Dapodik.
bot-problem-identity_conflict = The NIK or NISN is another student's in our records. Compare it with the KK.
bot-problem-place_unknown = School unknown, so the student is rejected. Compare its NPSN.
bot-problem-possible_duplicate = Perhaps the same student twice. Remove one if so.
bot-problem-listed_elsewhere = This student is on another school's list, too. Compare with that school.
bot-problem-listed_though_closed = Our records say that this student died or moved away. If that is wrong, tell the office.
bot-problem-wrong_file = Perhaps the wrong file. Look at its school and kind.
bot-problem-other = Another remark. Ask the office.

# Visits
sheet-name = Recording list
sheet-title = Recording list for the KTP-el card – { $office }
sheet-place = { $place } ({ $code })
sheet-when = { $day }, { $from }–{ $until }, { $team }
sheet-how = Choose a result for each student. Fill in the NIK from the family card only where it is empty. Do not delete the hidden columns.
sheet-column-number = No
sheet-column-name = Name
sheet-column-class = Class
sheet-column-sex = L/P
sheet-column-birthday = 17 on
sheet-column-nisn = NISN
sheet-column-result = Result
sheet-column-nik = NIK (family card)
sheet-column-ikd = IKD
sheet-column-note = Notes
sheet-nik-known = known
sheet-result-recorded = Recorded
sheet-result-absent = Absent
sheet-result-refused = Refused
sheet-result-papers_missing = Papers missing
sheet-result-device_failed = Device failed
sheet-result-biometrics_impossible = Biometrics impossible
sheet-result-outsider = From another region
sheet-walk-in = (not on the list: write NISN or NIK)
sheet-ikd-offered = Offered
sheet-ikd-active = Active
sheet-ikd-refused = Refused

# To contacts of places
contact-bring = Please have a room ready with a table, chairs and electricity. Students bring a copy of the family card (KK). Free of charge.
contact-list-more = • and { $count } more students; the whole list is in the letter.
contact-visit_request =
    The civil registry would like to come to { $place } to record students for their ID cards:
    { $day }, { $from }–{ $until }, { $team }, { $count } students.
    { $bring }
    Students to be recorded:
    { $list }
    Does this day suit? { $repeat }
contact-visit_request-moved =
    The recording at { $place } has moved. The new proposal:
    { $day }, { $from }–{ $until }, { $team }, { $count } students.
    { $bring }
    Students to be recorded:
    { $list }
    Does this day suit? { $repeat }
contact-visit_request_reminder = We are still waiting for the answer of { $place } about the recording on { $day }, { $from }–{ $until } ({ $count } students). Does this day suit? Without an answer we will call. { $repeat }
contact-visit_changed-moved = The recording at { $place } is agreed for { $day }, { $from }–{ $until } ({ $count } students). Our earlier message no longer holds. { $repeat }
contact-visit_changed-cancelled = The recording at { $place } on { $day } is cancelled. A new date will follow. We are sorry. { $repeat }
contact-visit_changed-paused = Please do not wait for the team: the recording at { $place } on { $day } cannot take place ({ $reason }). We will tell you once there is a new date. We are sorry. { $repeat }
contact-visit_changed-on_again = The recording at { $place } on { $day }, { $from }–{ $until }, takes place after all. Our message that it cannot no longer holds. { $repeat }
contact-by_hand =
    Dear { $name },
    { $office } would like to come to { $place } to record students for their ID cards on { $day }, { $from }–{ $until } ({ $count } students).
    { $bring }
    Please reply: AGREED, or propose another day. Thank you.
contact-by_hand-cancelled =
    Dear { $name },
    the recording at { $place } on { $day }, { $from }–{ $until }, is cancelled. A new date will follow.
    We are sorry, and thank you. { $office }
contact-button-agree = Agree
contact-button-other = Propose another day
alarm-visit-unsuited = { $place } wishes another day for the visit of { $day }, but none of those offered suits. Please call: siap17 visit calls.

bot-visit-agreed = Thank you! The recording at { $place } is agreed: { $day }, { $from }–{ $until }. We tell the students now and the day before. See /jadwal.
bot-visit-chosen = Thank you! The day is now { $day }, { $from }–{ $until }, and agreed for { $place }. We tell the students. See /jadwal.
bot-visit-agreed-already = Agreed already: { $place }, { $day }, { $from }–{ $until }. Nothing more to do.
bot-visit-agreed-elsewhere = Another contact of { $place } has agreed to the recording: { $day }, { $from }–{ $until }.
bot-visit-moved = The day at { $place } has changed, so that button no longer holds. The proposal now: { $day }, { $from }–{ $until }. Does it suit?
bot-visit-moved-agreed = The day at { $place } has changed, so that button no longer holds. Agreed is: { $day }, { $from }–{ $until }.
bot-visit-cancelled = That visit to { $place } is cancelled. Nothing to do; a new date will follow.
bot-visit-over = Call the office to change the visit to { $place } on { $day }: { $phone }. The buttons can no longer do it.
bot-visit-days = Choose another day for the recording at { $place }. It is now down for { $day }.
bot-visit-gone = Please choose another day: that one is no longer possible. It is now down for { $day }.
bot-visit-no-days = No other day is possible for { $place } within these two months yet. We can call you.
bot-visit-called = Good, the office will call you. Nothing has changed: it is down for { $day }. The office's number: { $phone }.
bot-button-visit-more = More days
bot-button-visit-none = None suits, call me
bot-button-visit-keep = Agree to { $day }

# Letters
letter-phone = Telephone { $phone }
letter-number = Number
letter-kind = Nature
letter-kind-important = Important
letter-attachment = Attachment
letter-attachment-list = 1 (one) list
letter-about = Subject
letter-subject = Recording of students for the electronic ID card
letter-to = To
letter-to-school = the head of { $place }
letter-to-place = the head of { $place }
letter-attention = attn. { $name }
letter-at = in { $where }
letter-greeting = Dear Sir or Madam,
letter-basis = Under Law 23 of 2006 on population administration as amended by Law 24 of 2013, every resident who is 17 or was ever married must have an electronic ID card. For the card to be there on the 17th birthday, recording takes place before.
letter-opening = We therefore intend to record students at your place on:
letter-opening-moved = We therefore intend, in place of what we wrote before, to record students at your place on:
letter-opening-agreed = As agreed, we will therefore record students at your place on:
letter-day = Day
letter-time = Time
letter-time-span = { $from } to { $until } { $zone }
letter-zone-wib = WIB
letter-zone-wita = WITA
letter-zone-wit = WIT
letter-zone-local = local time
letter-place = Place
letter-team = Team
letter-students = Students
letter-students-count = { $count } (list attached)
letter-please = For this to go well, we ask you to:
letter-please-room = provide a room with a table, chairs and electricity;
letter-please-tell = tell the students on the attached list and their parents or guardians;
letter-please-bring = ask every student to bring a copy of the family card (KK) and to be neatly dressed, with a collar;
letter-please-teacher = name a teacher or the school's operator to accompany it.
letter-answer = Please tell us by { $day }, through the Telegram bot or by telephone, whether this suits, or propose another day.
letter-free = Recording and card are free of charge.
letter-closing = We thank you for your attention and help.
letter-copies = Copies:
letter-list-of = Attachment to letter number { $number } of { $day }
letter-list-title = Students to be recorded at { $place }, { $day }
letter-list-class = Class { $class } ({ $count } students)

# Calendars
feed-title = ID card recording – { $name }
feed-summary = ID card recording: { $place } ({ $count } students)
feed-summary-place = ID card recording ({ $count } students), { $team }
feed-announced = Waits for the place to agree.
feed-confirmed = Agreed.
feed-done = Done.
feed-cancelled = Cancelled.
feed-description = { $team }. Students bring a copy of the family card (KK). Free of charge.

# Roster: the school's own sheet, with what is wrong marked in it. Red = not taken, yellow = taken.
# $where = file (the sheet as a whole) | row.
roster-answer-sheet = Students
roster-answer-guide = What to do
roster-answer-column = What to mend
roster-answer-title = Mend this file, then send it again
roster-answer-mend = 1. Mend the coloured cells of the sheet "{ $sheet }". Red: the student is not taken yet. Yellow: the student is taken, but please look.
roster-answer-again = 2. Save, then send this same file again. Nothing else needs to be changed or deleted.
roster-answer-masked = 3. Numbers with * may stay as they are: we have them already, or do not need them.
roster-answer-crossed = 4. A NIK with the letter x is not with us yet, and is hidden here to keep it safe: type its 16 digits again from the family card (KK).
roster-answer-counts = Red rows: { $errors }. Yellow rows: { $flags }.
roster-answer-notes = { $count } other notes ask for nothing: NIKs of another region, or zeros that we put back in front of a NISN.
roster-answer-row = Row
roster-answer-cell = Cell
roster-answer-header = Column
roster-answer-more = There are { $count } more: see the column "{ $column }" of the sheet "{ $sheet }".
roster-answer-code = Code
roster-answer-place = Place
roster-answer-other_rows = another
roster-answer-hidden = This NIK is not with us yet, and is hidden here to keep it safe. Type its 16 digits again from the family card (KK).
roster-problem-nik_not_16_digits = The NIK has not 16 digits. Copy it from the family card (KK).
roster-problem-nik_unreadable = A spreadsheet took the NIK for a number, so its last digits are lost. Type it again from the family card (KK).
roster-problem-nik_impossible_date = Digits 7 to 12 of the NIK are no date. Compare it with the family card (KK).
roster-problem-nik_missing =
    { $where ->
        [file] There is no NIK column. Add one if you can.
       *[row] There is no NIK. Fill it in from the family card (KK).
    }
roster-problem-nik_date_differs = The date in the NIK is not the birth date. Compare both with the family card (KK).
roster-problem-nik_sex_differs = The sex in the NIK is not the one in the sex column. Compare both with the family card (KK).
roster-problem-nik_other_region = The NIK is from another region. If the NIK and the student's address are right, leave it.
roster-problem-nisn_padded = The NISN had lost its leading zeros, and we put them back. If the result is right, leave it.
roster-problem-nisn_missing =
    { $where ->
        [file] There is no NISN column. Add one if you can.
       *[row] The NISN is empty or has not 10 digits. Look it up in Dapodik or EMIS.
    }
roster-problem-birth_date_implausible = By this birth date the student is too young or too old for this list. Compare it with the family card (KK).
roster-problem-birth_date_missing = There is no birth date, so the student is not taken yet. Write year-month-day, such as 2009-12-31.
roster-problem-birth_date_unreadable = The birth date cannot be read, so the student is not taken yet. Write year-month-day, such as 2009-12-31.
roster-problem-birth_date_ambiguous = The birth date can be read in two ways. Choose from the list, or write year-month-day.
roster-problem-name_missing = There is no name, so the student is not taken yet. Write the full name.
roster-problem-name_damaged = A letter of the name was lost or exchanged when the file was made. Write the name anew.
roster-problem-class_doubtful = A spreadsheet took the class for a date. Format the column as text and write the class anew.
roster-problem-column_implausible = This column is nearly the same for all students, or goes up by a day from row to row. Fill it in anew for each student.
roster-problem-sex_unreadable =
    { $where ->
        [file] There is no column for the sex. Add a column JK if you can.
       *[row] The sex cannot be read. Choose L or P.
    }
roster-problem-name_remark = There is a remark that was not taken, such as moved. If the student has moved, left or died, tell the office.
roster-problem-class_missing = Some students have no class. Fill in the class column in each row.
roster-problem-header_unknown = This column title was not understood, so the column was not read. Write a usual title such as NIK.
roster-problem-sheet_unread = One sheet was not read. If it lists students, write the column titles in its first row.
roster-problem-nik_duplicate = The same NIK also stands in row { $rows }. Mend the wrong one; compare it with the family card (KK).
roster-problem-nisn_duplicate = The same NISN also stands in row { $rows }. Mend the wrong one.
roster-problem-identity_conflict =
    { $field ->
        [birth_date] The birth date differs from our records; ours is used. Compare it with the family card (KK), then tell the office.
        [name] The name differs from our records, which stay until the office has decided. Compare it with the family card (KK).
       *[nik] The NIK does not fit our records, so we did not take it. Compare it with the family card (KK).
    }
roster-problem-place_unknown =
    { $where ->
        [file] The school of this list is not known, so its students are not taken yet. Ask the office.
       *[row] This NPSN is not in our register, so the student is not taken yet. Choose the right NPSN, or ask the office.
    }
roster-problem-possible_duplicate = This student may be listed twice. If two rows mean one person, delete one; if not, tell the office.
roster-problem-listed_elsewhere = This student is on another school's list, too, and stays there. If they are here now, ask that school to send its list of leavers.
roster-problem-listed_though_closed = Our records say that this student died or moved to another region. If that is wrong, tell the office.
roster-problem-wrong_file =
    { $where ->
        [file] This list may not be the one that was meant. Check that file and school are right.
       *[row] The school named here is not the one of this list, or we do not know it. Check the school, or ask the office.
    }
roster-problem-cell_unread = The cell holds a formula without its value, or a text far too long. Open the file in Excel, save it once, or shorten the text.
roster-problem-row_shifted = This row has more or fewer fields than the header, so values may stand in the wrong columns. Compare the whole row.

picture-title = Visits planned by { $office }, { $from } to { $to }
picture-map = Schools and villages
picture-proposed = proposed
picture-announced = announced
picture-confirmed = confirmed
picture-off = team at home
picture-all = everybody met
picture-some = some met
picture-none = nobody met
picture-nobody = nobody waits
picture-base = team's base
picture-students =
    { $left ->
        [0] { $met } { $met ->
            [one] student
           *[other] students
        }
       *[other] { $met } met, { $left } not
    }

# Orders of visits
digest-orders = Orders of visits without an answer: { $open }, overdue: { $overdue }.
order-home = Visit at home { $number }
order-accepted = Order { $number }: the team comes on { $day }, at { $time }, to { $place }. Please have everybody bring a copy of the family card. Free of charge.
order-declined = Order { $number }: we cannot come. The reason: { $reason }
bot-order-nobody = Only the account of a school or village can order a visit. Ask the office for an account.
bot-order-where = A visit to which place?
bot-order-count = You order a visit to { $place }. About how many people are to be recorded? Write just the number.
bot-order-count-wrong = Write just the number, from 1 to 2000.
bot-order-when = { $expected } people. When would it suit?
bot-order-soon = As soon as possible (2 weeks)
bot-order-month = Next month
bot-order-any = Any time
bot-order-taken = We have your order { $number }. The answer, with a date, comes here, on { $until } at the latest.
bot-order-refused = The order could not be taken: { $reason }
bot-help-order = /pesan – ask the team to come to your place
