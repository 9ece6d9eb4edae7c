//! The printed slips: an A4 page of two columns, the student's code left, the guardian's right, cut between.

use maud::{DOCTYPE, PreEscaped, html};
use qrcode::QrCode;
use qrcode::render::svg;
use qrcode::types::QrError;

use crate::desk::{Desk, Slip, Slips};
use crate::link::LinkRole;
use crate::messages::Arg;
use crate::notice::text::long_date;

const STYLE: &str = "@page{size:A4;margin:10mm}body{font:11pt/1.35 'DejaVu Sans',Arial,sans-serif;margin:0;color:#000}\
.pair{display:grid;grid-template-columns:1fr 1fr;border:1px dashed #555;margin:0 0 4mm;break-inside:avoid}\
.slip{padding:4mm;display:grid;grid-template-columns:32mm 1fr;gap:4mm}.slip+.slip{border-left:1px dashed #555}\
.slip svg{width:32mm;height:32mm}h2{font-size:12pt;margin:0}p{margin:1mm 0}.code{font:bold 15pt 'DejaVu Sans Mono',monospace}\
small{font-size:8.5pt}";

/// What `link slips --json` prints.
#[must_use]
pub fn lines(slips: &Slips) -> Vec<Slip> {
    slips.slips.clone()
}

/// The page, ready to print.
pub fn page(desk: &Desk, slips: &Slips) -> Result<String, QrError> {
    let text = |id: &str, arguments: &[(&str, Arg)]| desk.messages().text("id", id, arguments);
    let declared = &desk.office().declaration;
    let office = match &declared.phone {
        Some(phone) => {
            text("slip-office", &[("office", declared.name.clone().into()), ("phone", phone.clone().into())])
        }
        None => declared.name.clone(),
    };
    let mut pairs = Vec::new();
    for pair in slips.slips.chunks(2) {
        let mut halves = Vec::new();
        for slip in pair {
            let picture = match &slip.url {
                Some(url) => {
                    let code = QrCode::new(url.as_bytes())?;
                    code.render::<svg::Color<'_>>().quiet_zone(true).min_dimensions(120, 120).build()
                }
                None => String::new(),
            };
            let picture = picture.split_once("?>").map_or(picture.as_str(), |(_, svg)| svg).to_owned();
            let whom = if slip.role == LinkRole::Guardian { "slip-guardian" } else { "slip-student" };
            let how = match &slips.bot {
                Some(bot) => text("slip-how", &[("bot", bot.clone().into())]),
                None => text("slip-how-unnamed", &[]),
            };
            let until = long_date(desk.messages(), "id", slip.expires_at);
            halves.push(html! {
                section class="slip" {
                    div { (PreEscaped(picture)) }
                    div {
                        h2 { (text(whom, &[("name", slip.name.clone().into())])) }
                        p { (slip.class.clone().unwrap_or_default()) " · " (slips.place.name) }
                        p { (text("slip-why", &[])) }
                        p { (how) }
                        p class="code" { (slip.code) }
                        p { small { (text("slip-foot", &[("office", office.clone().into()), ("until", until.into())])) } }
                    }
                }
            });
        }
        pairs.push(halves);
    }
    let page = html! {
        (DOCTYPE)
        html lang="id" {
            head { meta charset="utf-8"; title { (slips.place.name) } style { (PreEscaped(STYLE)) } }
            body { @for pair in &pairs { div class="pair" { @for half in pair { (half) } } } }
        }
    };
    Ok(page.into_string())
}
