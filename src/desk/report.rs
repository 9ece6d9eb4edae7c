//! The day's report: its numbers, and what the heads read of them in the chat.

use chrono::NaiveDate;

use super::context::{Desk, Done};
use crate::messages::{Arg, LANGUAGES};
use crate::notice::contacts::calls::Todo;
use crate::notice::{Kind, ledger, text};
use crate::report::{self, Daily};
use crate::staff::{Right, Role};

/// Places to be called that the digest names; the rest is counted. Telephone numbers stay out of messages.
const CALLS_TOLD: usize = 5;

impl Desk {
    /// The day's report.
    pub async fn daily(&self, date: Option<NaiveDate>) -> Done<Daily> {
        self.require(Right::Reports)?;
        let tx = &mut self.db.read().await?;
        let daily = report::daily(tx, &self.office, date.unwrap_or_else(|| self.today())).await?;
        // Names of contacts are for those who deal with them.
        let calls = if self.require(Right::Visits).is_ok() { self.calls_in(tx).await? } else { Vec::new() };
        let orders = self.waiting_orders(tx).await?;
        let clock_in_doubt = self.clock_was_in_doubt(tx, daily.date).await?;
        Ok(Daily { calls, orders, clock_in_doubt, ..daily })
    }

    /// Owes every head of the office the report of `date` in the chat.
    pub async fn send_digest(&self, date: NaiveDate) -> Done<()> {
        // Counted before anything is locked: what one moment shows is told, and nobody waits for it.
        let text = self.digest_text(&self.daily(Some(date)).await?, LANGUAGES[0]);
        let mut tx = self.db.write().await?;
        let (occasion, heads) = (date.to_string(), [Role::Head]);
        ledger::tell_staff(&mut tx, &self.clock, &self.office, Kind::Digest, &occasion, &text, &heads).await?;
        Ok(tx.commit().await?)
    }

    /// The day's numbers in the words of a chat.
    #[must_use]
    pub fn digest_text(&self, daily: &Daily, language: &str) -> String {
        let number = |count: usize| Arg::Number(i64::try_from(count).unwrap_or(i64::MAX));
        let waiting = daily.uncollected_by_age.iter().map(|line| line.cards).sum();
        let arguments = [
            ("day", text::long_date(&self.messages, language, daily.date).into()),
            ("office", self.office.declaration.name.clone().into()),
            ("recorded", number(daily.today.recorded)),
            ("printed", number(daily.today.printed)),
            ("collected", number(daily.today.collected)),
            ("waiting", number(waiting)),
            ("eligible", number(daily.funnel.eligible)),
            ("allrecorded", number(daily.funnel.recorded)),
            ("allcollected", number(daily.funnel.collected)),
            ("blanks", Arg::Number(daily.stock.values().sum())),
            ("complaints", Arg::Number(daily.complaints.open)),
        ];
        let mut lines = vec![self.messages.text(language, "digest", &arguments)];
        if daily.orders.open > 0 {
            let arguments = [("open", number(daily.orders.open)), ("overdue", number(daily.orders.overdue))];
            lines.push(self.messages.text(language, "digest-orders", &arguments));
        }
        let calls = daily.calls.iter().filter(|call| call.todo == Todo::Call);
        lines.extend(calls.clone().take(CALLS_TOLD).map(|call| {
            let contact = call.contact_name.clone().unwrap_or_else(|| "–".to_owned());
            let day = text::long_date(&self.messages, language, call.date);
            let arguments =
                [("place", call.place_name.clone().into()), ("contact", contact.into()), ("day", day.into())];
            self.messages.text(language, "digest-call", &arguments)
        }));
        let rest = calls.count().saturating_sub(CALLS_TOLD);
        if rest > 0 {
            lines.push(self.messages.text(language, "digest-calls-more", &[("count", number(rest))]));
        }
        let to_write = daily.calls.iter().filter(|call| call.todo == Todo::Write).count();
        if to_write > 0 {
            lines.push(self.messages.text(language, "digest-write", &[("count", number(to_write))]));
        }
        if daily.clock_in_doubt {
            lines.push(self.messages.text(language, "digest-clock", &[]));
        }
        lines.extend(daily.devices.broken.iter().map(|broken| {
            let arguments = [
                ("team", broken.team.clone().into()),
                ("since", text::long_date(&self.messages, language, broken.since).into()),
                ("days", Arg::Number(broken.days)),
                ("until", text::long_date(&self.messages, language, broken.until).into()),
            ];
            self.messages.text(language, "digest-broken", &arguments)
        }));
        lines.join("\n")
    }
}
