//! What a workbook consists of, looked at before anybody reads it: an `.xlsx` file is a ZIP archive of XML, and what is
//! packed small may be large. Every part is unpacked once and counted. Refuses archives that are no workbook, parts that are
//! larger than they claim or than memory should hold, and packing that no sheet has.

use std::io::Read;

use zip::ZipArchive;

use super::Spooled;
use crate::error::{Error, Result};
use crate::ingest::Progress;

/// Parts of a workbook at most.
const PARTS_MAX: usize = 10_000;
/// Bytes of a part that is held in memory, such as its texts.
const HELD_MAX_BYTES: u64 = 512 << 20;
/// Bytes of a sheet, which is streamed. Excel's largest sheet, full of numbers, is larger; nobody sends that.
const SHEET_MAX_BYTES: u64 = 4 << 30;
/// XML of sheets packs to a twentieth, seldom to less than a fiftieth.
const BOMB_RATIO: u64 = 200;
const BOMB_MIN_BYTES: u64 = 16 << 20;

/// Looks at every part.
///
/// # Errors
/// `Invalid` with the part; `Cancelled`.
pub(crate) fn check(source: &Spooled, progress: &Progress) -> Result<()> {
    let name = source.name();
    let damaged = |what: &str| Error::invalid(format!("{name}: the workbook cannot be read: {what}; the file may be cut off, send it whole or save it anew"));
    let mut archive = ZipArchive::new(source.seekable()?).map_err(|error| damaged(&error.to_string()).because(error))?;
    if archive.len() > PARTS_MAX {
        return Err(damaged(&format!("it has {} parts; at most {PARTS_MAX} are read", archive.len())));
    }
    let mut kind = None;
    for index in 0..archive.len() {
        progress.check()?;
        let mut part = archive.by_index(index).map_err(|error| damaged(&error.to_string()).because(error))?;
        let part_name = part.name().map(|name| name.into_owned()).unwrap_or_default();
        match part_name.to_ascii_lowercase().trim_start_matches('/') {
            "xl/workbook.xml" => kind = Some(Ok(())),
            "xl/workbook.bin" => kind = Some(Err("a binary workbook (.xlsb)")),
            "mimetype" | "content.xml" => kind = kind.or(Some(Err("an OpenDocument file"))),
            "word/document.xml" => kind = Some(Err("a Word document")),
            _ => {}
        }
        if !(part_name.ends_with(".xml") || part_name.ends_with(".rels")) {
            continue;
        }
        let (claimed, packed) = (part.size(), part.compressed_size());
        let most = if part_name.contains("worksheets/") { SHEET_MAX_BYTES } else { HELD_MAX_BYTES };
        if claimed > most {
            return Err(Error::invalid(format!("{name}: part {part_name:?} of the workbook claims {claimed} bytes; at most {most} are read, so export the sheet as CSV")));
        }
        if claimed > BOMB_MIN_BYTES && claimed / BOMB_RATIO > packed {
            return Err(Error::invalid(format!(
                "{name}: part {part_name:?} of the workbook unpacks from {packed} to {claimed} bytes, over {BOMB_RATIO} times as much, which no sheet does; export it as CSV"
            )));
        }
        let unpacked = std::io::copy(&mut (&mut part).take(claimed + 1), &mut std::io::sink());
        let unpacked = unpacked.map_err(|error| damaged(&format!("part {part_name:?}: {error}")).because(error))?;
        if unpacked > claimed {
            return Err(damaged(&format!("part {part_name:?} is larger than the {claimed} bytes that it claims")));
        }
    }
    match kind {
        Some(Ok(())) => Ok(()),
        Some(Err(what)) => Err(Error::invalid(format!("{name}: the file is {what}, which cannot be loaded; save it as .xlsx or export CSV"))),
        None => Err(Error::invalid(format!("{name}: the file is a ZIP archive and no workbook; unpack it and send what is inside"))),
    }
}
