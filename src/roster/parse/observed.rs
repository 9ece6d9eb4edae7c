//! Counts what the rows of a list show, and says which habits its columns have.

use chrono::NaiveDate;

use super::check::Checked;
use super::field::{Field, normalised};
use super::habits::{Habits, Oddities, SIGNS, Sign};
use super::layout::Layout;
use super::values::{DateOrder, SexHabit};

/// So many NIKs, and that share of all, must end in 0 before a spreadsheet is thought to have rounded them: by chance a tenth do.
const ROUNDED_NIKS: usize = 5;
const ROUNDED_SHARE: (usize, usize) = (3, 5);
/// So many texts must tell their order before date cells beside them are doubted.
const TELLING_TEXTS: usize = 2;
/// A list of fewer people may have one birth date or a series by chance, or in a test.
const FEWEST_ALIKE: usize = 8;
/// Of ten rows so many must be alike.
const ALIKE_OF_TEN: usize = 9;

/// Counts what the rows of one sheet show.
#[derive(Default)]
pub(super) struct Observed {
    counts: [usize; SIGNS],
    rows: usize,
    people: usize,
    /// The birth date of most, if most have one: each other date takes one of its votes.
    common_date: Option<NaiveDate>,
    votes: usize,
    last_date: Option<NaiveDate>,
    /// Rows whose birth date is the day after that of the row before.
    next_days: usize,
    first_name: Option<String>,
    same_names: usize,
}

impl Observed {
    pub(super) fn count(&mut self, checked: &Checked) {
        self.rows += 1;
        let mut rest = checked.signs.bits();
        while rest != 0 {
            let bit = rest.trailing_zeros() as usize;
            if let Some(count) = self.counts.get_mut(bit) {
                *count += 1;
            }
            rest &= rest - 1;
        }
        let Some(student) = &checked.student else { return };
        self.people += 1;
        self.count_date(student.birth_date);
        match &self.first_name {
            None => self.first_name = Some(student.name.clone()),
            Some(first) => self.same_names += usize::from(first.eq_ignore_ascii_case(&student.name)),
        }
    }

    fn count_date(&mut self, date: NaiveDate) {
        if self.common_date == Some(date) {
            self.votes += 1;
        } else if self.votes == 0 {
            (self.common_date, self.votes) = (Some(date), 1);
        } else {
            self.votes -= 1;
        }
        let is_next = self.last_date.replace(date).is_some_and(|last| last.succ_opt() == Some(date));
        self.next_days += usize::from(is_next);
    }

    fn seen(&self, sign: Sign) -> usize {
        self.counts[sign as usize]
    }

    /// The habits that the rows of `layout` show together.
    pub(super) fn habits(&self, layout: &Layout) -> Habits {
        let title = layout.columns.get(&Field::Sex).map(|column| normalised(&column.title)).unwrap_or_default();
        let zeros = self.seen(Sign::NikEndsInZero);
        let niks = zeros + self.seen(Sign::NikEndsOtherwise);
        Habits {
            order: self.order(),
            cells_swapped: self.cells_swapped(),
            niks_rounded: zeros >= ROUNDED_NIKS && zeros * ROUNDED_SHARE.1 >= niks * ROUNDED_SHARE.0,
            nik_is_empty: self.rows >= FEWEST_ALIKE && self.seen(Sign::NikEmpty) == self.rows,
            sex: self.sex(&title),
            oddities: self.oddities(),
        }
    }

    /// What the dates prove; that they prove something is only a habit where others need it.
    fn order(&self) -> DateOrder {
        if self.seen(Sign::EitherFirst) == 0 {
            return DateOrder::Unproved;
        }
        match (self.seen(Sign::DayFirst), self.seen(Sign::MonthFirst)) {
            (1.., 0) => DateOrder::DayFirst,
            (0, 1..) => DateOrder::MonthFirst,
            _ => DateOrder::Unproved,
        }
    }

    /// A spreadsheet that takes the month for first turns the days up to 12 into date cells, exchanged, and leaves the others
    /// as texts.
    fn cells_swapped(&self) -> bool {
        let (day_first, month_first) = (self.seen(Sign::DayFirst), self.seen(Sign::MonthFirst));
        self.seen(Sign::LowDateCell) > 0
            && self.seen(Sign::HighDateCell) == 0
            && self.seen(Sign::EitherFirst) == 0
            && day_first.max(month_first) >= TELLING_TEXTS
            && day_first.min(month_first) == 0
    }

    fn sex(&self, title: &str) -> SexHabit {
        let has = |words: &[&str]| title.split(' ').any(|word| words.contains(&word));
        let says_p_w = has(&["w", "wanita"]) && has(&["p", "pria"]);
        let says_l_p = has(&["l", "laki", "lk"]) && has(&["p", "perempuan", "pr"]);
        let seen = |sign| self.seen(sign) > 0;
        let letters = [Sign::SexL, Sign::SexP, Sign::SexW, Sign::SexPriaOrWanita, Sign::SexWord];
        let p_beside_w = seen(Sign::SexP) && seen(Sign::SexW);
        let p_beside_words = seen(Sign::SexP) && seen(Sign::SexPriaOrWanita) && !seen(Sign::SexL);
        SexHabit {
            p_is_male: says_p_w && seen(Sign::SexP),
            p_is_doubtful: !says_p_w && !says_l_p && (p_beside_w || p_beside_words),
            w_is_doubtful: !says_p_w && p_beside_w,
            figures_are_doubtful: seen(Sign::SexFigure)
                && (seen(Sign::SexOtherFigure) || letters.into_iter().any(seen)),
        }
    }

    fn oddities(&self) -> Oddities {
        let is_most = |count: usize| self.people >= FEWEST_ALIKE && count * 10 >= self.people * ALIKE_OF_TEN;
        // The votes of the common date are what it has more than all others together.
        let with_common_date = (self.people + self.votes) / 2;
        Oddities {
            one_birth_date: is_most(with_common_date),
            birth_date_series: is_most(self.next_days + 1),
            one_name: is_most(self.same_names + 1),
        }
    }
}
