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

notice-turned_17-collect = { $greeting } happy 17th birthday! The KTP-el card is ready. Please collect it: { $where } { $bring } { $late } { $repeat }
notice-turned_17-print_on_arrival = { $greeting } happy 17th birthday! The KTP-el card can be printed while you wait. Please come: { $where } { $bring } { $late } { $repeat }
notice-turned_17-not_ready_yet = { $greeting } happy 17th birthday! No need to come yet: the KTP-el card is in the works. We write as soon as it can be collected. { $late } { $repeat }
notice-turned_17-not_recorded = { $greeting } happy 17th birthday! Please come to be recorded for the KTP-el card: { $where } Bring a copy of the family card (KK). Free, about 15 minutes. { $late } { $repeat }
notice-turned_17-do_you_have_it = { $greeting } happy 17th birthday! Do you have the KTP-el card already? If not, come to be recorded: { $where } Bring a copy of the family card (KK). Free of charge. { $late } { $repeat }
notice-card_ready-collect = { $greeting } the KTP-el card is ready. Please collect it: { $where } { $bring } { $repeat }
notice-card_ready-print_on_arrival = { $greeting } the KTP-el card can be printed while you wait. Please come: { $where } { $bring } { $repeat }
notice-collect_reminder = { $greeting } the KTP-el card is still waiting to be collected: { $where } { $bring } { $repeat }
notice-collect_changed-do_not_come = { $greeting } please do not come for the KTP-el card yet: { $reason }. We write as soon as it works again, after { $until } at the earliest. { $repeat }
notice-collect_changed-open_again = { $greeting } the KTP-el card can be collected again: { $where } { $bring } { $repeat }
notice-collect_changed-other_place = { $greeting } the KTP-el card is now at another place: { $where } { $bring } { $repeat }
notice-collected = { $greeting } the KTP-el card was handed out on { $day } to { $by }. If that is wrong, send /lapor.
notice-recorded = { $greeting } the recording for the KTP-el card on { $day } worked. Keep this chat: we write at 17. It usually takes { $usual } days. { $repeat }
notice-record_again = { $greeting } the recording has to be done again, because the data did not arrive. Please come to: { $where } Bring a copy of the family card (KK). Free of charge. { $repeat }
notice-visit_announced = { $greeting } the civil registry comes to { $place } on { $day } at { $time } to record for the KTP-el card. Bring a copy of the family card (KK). Free of charge. { $repeat }
notice-visit_tomorrow = { $greeting } tomorrow, { $day } at { $time }, recording for the KTP-el card at { $place }. Bring a copy of the family card (KK). { $repeat }
notice-visit_changed-moved = { $greeting } the recording for the KTP-el card at { $place } is now on { $day } at { $time }. Bring a copy of the family card (KK). { $repeat }
notice-visit_changed-postponed = { $greeting } the recording for the KTP-el card at { $place } is put off. We will send the new date. { $repeat }
notice-visit_changed-cancelled = { $greeting } the recording for the KTP-el card at { $place } on { $day } is cancelled. We will send the new date. { $repeat }
notice-missed_visit = { $greeting } you were not recorded on { $day }. Please come to the office: { $where } Bring a copy of the family card (KK). Free of charge. Or wait for the next date at school. { $repeat }
notice-correction = { $greeting } our message about the 17th birthday was wrong: the birth date has been corrected. No need to come yet. Sorry. { $repeat }

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

digest =
    { $day } – { $office }
    Today: { $recorded } recorded, { $printed } printed, { $collected } collected.
    Waiting to be collected: { $waiting }. Blanks: { $blanks }. Open complaints: { $complaints }.
    In all: { $eligible } to be recorded, { $allrecorded } recorded, { $allcollected } with card.

slip-student = For the student: { $name }
slip-guardian = For the parent or guardian of { $name }
slip-how = Scan this picture, or open Telegram, search for @{ $bot }, press Start, then send this code:
slip-bot-unknown = (ask the office for the bot's name)
slip-foot = { $office }. Free. The bot never asks for NIK, photos of the family card, passwords or money. Give this code to nobody else. Good until { $until }.

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
sheet-column-note = Notes
sheet-nik-known = known
sheet-result-recorded = Recorded
sheet-result-absent = Absent
sheet-result-refused = Refused
sheet-result-papers_missing = Papers missing
sheet-result-device_failed = Device failed
sheet-result-biometrics_impossible = Biometrics impossible
sheet-result-outsider = From another region
