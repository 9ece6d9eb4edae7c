//! An office declares itself by its file: who may do that, and what only the database can say of the file.

use super::context::{DeskError, Done};
use super::opening::{Desks, at_this_machine};
use super::refusal::{AccountRefusal, OfficeRefusal};
use crate::audit::{self, Actor, Deed};
use crate::calendar::Closure;
use crate::card;
use crate::db::Tx;
use crate::notice::{Kind, ledger};
use crate::office::{self, Applied, Declaration, OfficeId};
use crate::place;
use crate::staff::{self, Right};
use crate::words::{are_alike, nearest, quoted};

/// What a closure may close besides a kecamatan or a single place.
const SCOPES: [&str; 3] = ["office", "all", "schools"];

impl Desks {
    /// Makes the stored office agree with its file. An account declares only an office of which it is an admin, or a new one if
    /// it is an admin of the office `through` (the one named with `--office`, or the only one); the operating system's user holds
    /// key and database, and may declare any.
    ///
    /// # Errors
    /// The file is refused, or the account may not. Nothing was changed then.
    pub async fn apply_office(&self, actor: &Actor, through: Option<&str>, text: &str) -> Done<Applied> {
        let declaration = Declaration::parse(text).map_err(OfficeRefusal::Declaration)?;
        kinds_are_known(&declaration)?;
        let mut tx = self.db.write().await?;
        let offices = office::codes(&mut tx).await?;
        let known = offices.iter().find(|(code, _)| *code == declaration.code).map(|(_, id)| *id);
        if let Actor::Staff(name) = actor {
            may_declare(&mut tx, name, through, &declaration.code, known).await?;
        }
        if let Some(id) = known {
            keeps_points(&mut tx, id, &declaration).await?;
        }
        scopes_are_known(&mut tx, known, &declaration.closures).await?;
        let (id, applied) = office::apply(&mut tx, &self.clock, &declaration).await?;
        if applied != Applied::Unchanged {
            let detail = if applied == Applied::Created { "created, in hold" } else { "changed" };
            let subject = format!("office:{id}");
            let actor = at_this_machine(actor);
            let deed = Deed { office: Some(id.0), actor: &actor, action: "office.apply", subject: &subject, detail };
            audit::record(&mut tx, &self.vault, &self.clock, &deed).await?;
            ledger::request_everybody(&mut tx, &self.clock, id).await?;
        }
        if offices.is_empty() {
            // From the first office on there is a head: one that is gone later was taken away.
            audit::seal_in(&mut tx, &self.vault, false).await?;
        }
        tx.commit().await?;
        Ok(applied)
    }
}

/// Refuses an account that is no admin of the office `code`, or for a new office no admin of the one it acts through. Of the
/// offices' declarations nothing is read: a stored one that does not open never keeps a right one out.
async fn may_declare(tx: &mut Tx, name: &str, through: Option<&str>, code: &str, known: Option<OfficeId>) -> Done<()> {
    let of = match (through, known) {
        (None, Some(id)) => id,
        (through, _) => office::named(tx, through).await?,
    };
    let other = || OfficeRefusal::OtherOffice { name: name.to_owned(), code: code.to_owned() };
    let account = staff::find(tx, of, name).await?.filter(|one| one.disabled_at.is_none());
    let Some(account) = account else {
        let is_only = office::codes(tx).await?.len() == 1;
        return Err(if is_only { AccountRefusal::Unknown { name: name.to_owned() }.into() } else { other().into() });
    };
    if known.is_some_and(|id| id != of) {
        return Err(other().into());
    }
    if !account.role.may(Right::Administer) {
        return Err(DeskError::NotAllowed { role: account.role });
    }
    Ok(())
}

/// Refuses a declaration that drops a pickup point at which cards wait: whoever was invited there would be sent elsewhere.
async fn keeps_points(tx: &mut Tx, office: OfficeId, declaration: &Declaration) -> Done<()> {
    for (point, name) in office::points_ever(tx, office).await? {
        let stays = declaration.pickup_points.iter().any(|declared| declared.name == name);
        let waiting = if stays { 0 } else { card::waiting_at(tx, point).await? };
        if waiting > 0 {
            return Err(OfficeRefusal::PointInUse { waiting, point: name }.into());
        }
    }
    Ok(())
}

/// Refuses a policy for a kind of notices that does not exist: it would never be followed.
fn kinds_are_known(declaration: &Declaration) -> Done<()> {
    let names = Kind::ALL.map(Kind::name);
    let unknown = declaration.policies.uncertain.keys().find(|kind| !names.contains(&kind.as_str()));
    let Some(wrong) = unknown else { return Ok(()) };
    let near = nearest(wrong, names).unwrap_or_default();
    let message =
        format!("in [policies.uncertain], unknown kind of notices '{}'; did you mean '{near}'?", quoted(wrong));
    Err(OfficeRefusal::Meaning(message).into())
}

/// Refuses a closure of what nobody knows: it would close nothing, and nobody would see it. Before the office has places only
/// what looks like a word mistyped is refused.
async fn scopes_are_known(tx: &mut Tx, known: Option<OfficeId>, closures: &[Closure]) -> Done<()> {
    let open = |closure: &&Closure| !SCOPES.contains(&closure.scope.as_str());
    if !closures.iter().any(|closure| open(&closure)) {
        return Ok(());
    }
    let places = match known {
        Some(office) => place::scopes(tx, office).await?,
        None => Vec::new(),
    };
    let words = || {
        let codes = places.iter().map(|(code, _)| code.as_str());
        SCOPES.into_iter().chain(places.iter().filter_map(|(_, kecamatan)| kecamatan.as_deref())).chain(codes)
    };
    for closure in closures.iter().filter(open) {
        let scope = closure.scope.as_str();
        let is_known = places.iter().any(|(code, kecamatan)| {
            code == scope || kecamatan.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(scope))
        });
        let is_mistyped = places.is_empty() && SCOPES.iter().any(|word| are_alike(word, scope));
        if is_mistyped || (!is_known && !places.is_empty()) {
            let message = format!(
                "the closure \"{}\" has the scope \"{}\", which is none of office, all, schools, and no kecamatan or code of a \
                 place; did you mean \"{}\"?",
                closure.reason,
                quoted(scope),
                nearest(scope, words()).unwrap_or_default()
            );
            return Err(OfficeRefusal::Meaning(message).into());
        }
    }
    Ok(())
}
