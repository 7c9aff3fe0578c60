//! What a workbook consists of, looked at before anybody reads it: an `.xlsx` file is a ZIP archive of XML, and what is
//! packed small may be large. Every part is unpacked once and counted, whatever its name is: relations may lead anywhere.
//! Refuses archives that are no workbook, parts that are larger than they claim or than memory should hold, all of them
//! together too, and packing that no sheet has.

use std::io::Read;

use zip::ZipArchive;

use super::Spooled;
use super::excel_xml::Measure;
use super::plain_size::held_max;
use crate::error::{Error, Result};
use crate::ingest::Progress;

/// Parts of a workbook at most.
const PARTS_MAX: usize = 10_000;
/// Bytes of a part that is held in memory, such as its texts, of any workbook and of a small one.
const HELD_MAX_BYTES: u64 = 512 << 20;
const HELD_LEAST_BYTES: u64 = 64 << 20;
/// Bytes of a sheet, which is streamed. Excel's largest sheet, full of numbers, is larger; nobody sends that.
const SHEET_MAX_BYTES: u64 = 4 << 30;
/// Bytes of all parts.
const TOTAL_MAX_BYTES: u64 = 8 << 30;
/// XML of sheets packs to a twentieth, seldom to less than a fiftieth.
const BOMB_RATIO: u64 = 200;
/// A part of XML, and a whole workbook, is looked at for its ratio from here on; a blank picture may pack to very little.
const BOMB_MIN_BYTES: u64 = 16 << 20;
const BOMB_MIN_TOTAL_BYTES: u64 = 256 << 20;
/// Bytes from one tag to the next, in sheets too: a cell is held whole.
const CELL_MAX_BYTES: u64 = 64 << 20;

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
    let (mut kind, mut total) = (None, 0_u64);
    for index in 0..archive.len() {
        progress.check()?;
        let mut part = archive.by_index(index).map_err(|error| damaged(&error.to_string()).because(error))?;
        let part_name = part.name().map(|name| name.into_owned()).unwrap_or_default();
        let lower = part_name.to_ascii_lowercase().replace('\\', "/");
        match lower.trim_start_matches('/') {
            "xl/workbook.xml" => kind = Some(Ok(())),
            "xl/workbook.bin" => kind = Some(Err("a binary workbook (.xlsb)")),
            "mimetype" | "content.xml" => kind = kind.or(Some(Err("an OpenDocument file"))),
            "word/document.xml" => kind = Some(Err("a Word document")),
            _ => {}
        }
        let (claimed, packed) = (part.size(), part.compressed_size());
        let is_texts = lower.ends_with("sharedstrings.xml");
        let is_sheet = lower.contains("worksheets/") && !is_texts && !lower.ends_with("styles.xml") && !lower.ends_with(".rels");
        let most = if is_sheet { SHEET_MAX_BYTES } else { held_max(source.size(), HELD_LEAST_BYTES, HELD_MAX_BYTES) };
        if claimed > most {
            return Err(Error::invalid(format!(
                "{name}: part {part_name:?} of the workbook claims {claimed} bytes; at most {most} are read of a workbook of this size, so export the sheet as CSV"
            )));
        }
        let is_xml = lower.ends_with(".xml") || lower.ends_with(".rels");
        if is_xml && claimed > BOMB_MIN_BYTES && claimed / BOMB_RATIO > packed {
            return Err(Error::invalid(format!(
                "{name}: part {part_name:?} of the workbook unpacks from {packed} to {claimed} bytes, over {BOMB_RATIO} times as much, which no sheet does; export it as CSV"
            )));
        }
        total = total.saturating_add(claimed);
        if total > TOTAL_MAX_BYTES || (total > BOMB_MIN_TOTAL_BYTES && total / BOMB_RATIO > source.size()) {
            let size = source.size();
            return Err(Error::invalid(format!(
                "{name}: the workbook unpacks from {size} to {total} bytes or more; at most {TOTAL_MAX_BYTES} and {BOMB_RATIO} times its size are read, so export the sheet as CSV"
            )));
        }
        let mut measure = Measure::of(is_texts);
        std::io::copy(&mut (&mut part).take(claimed + 1), &mut measure).map_err(|error| damaged(&format!("part {part_name:?}: {error}")).because(error))?;
        if measure.bytes > claimed {
            return Err(damaged(&format!("part {part_name:?} is larger than the {claimed} bytes that it claims")));
        }
        if is_sheet && measure.longest > CELL_MAX_BYTES {
            return Err(Error::invalid(format!("{name}: part {part_name:?} of the workbook has a cell of {} bytes; at most {CELL_MAX_BYTES} are read", measure.longest)));
        }
        if (is_sheet || is_texts) && measure.declares {
            return Err(damaged(&format!("part {part_name:?} declares a document type, which no workbook does")));
        }
        // A text takes five bytes at least, <si/>.
        if let Some(count) = measure.texts.filter(|count| *count > claimed / 5) {
            return Err(damaged(&format!("part {part_name:?} of {claimed} bytes claims to hold {count} texts")));
        }
    }
    match kind {
        Some(Ok(())) => Ok(()),
        Some(Err(what)) => Err(Error::invalid(format!("{name}: the file is {what}, which cannot be loaded; save it as .xlsx or export CSV"))),
        None => Err(Error::invalid(format!("{name}: the file is a ZIP archive and no workbook; unpack it and send what is inside"))),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::write::SimpleFileOptions;

    use super::*;
    use crate::ingest::decode::testing::{refused, spooled};

    fn archive(parts: &[(&str, Vec<u8>)]) -> Vec<u8> {
        let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, content) in parts {
            archive.start_file(*name, SimpleFileOptions::default()).unwrap();
            archive.write_all(content).unwrap();
        }
        archive.finish().unwrap().into_inner()
    }

    fn found(parts: &[(&str, Vec<u8>)]) -> String {
        let parts: Vec<_> = parts.iter().cloned().chain([("xl/workbook.xml", b"<workbook/>".to_vec())]).collect();
        check(&spooled("t.xlsx", archive(&parts)), &Progress::new()).map_or_else(|error| error.message().to_owned(), |()| "fine".to_owned())
    }

    #[test]
    fn parts_are_measured_whatever_their_name_is() {
        let blank = |mebibytes: usize| vec![b' '; mebibytes << 20];
        assert!(found(&[("xl/worksheets/sheet1.xml", blank(17))]).contains("over 200 times as much"));
        assert_eq!(found(&[("xl/media/picture.emf", blank(17))]), "fine");
        // The sizes that the directory claims come before anything is unpacked.
        let claiming = |names: &[&str], size: u32| {
            let mut bytes = archive(&names.iter().map(|name| (*name, vec![b'x'])).collect::<Vec<_>>());
            let places: Vec<usize> = memchr::memmem::find_iter(&bytes, b"PK\x01\x02").collect();
            places.iter().for_each(|at| bytes[at + 24..at + 28].copy_from_slice(&size.to_le_bytes()));
            check(&spooled("t.xlsx", bytes), &Progress::new()).unwrap_err().message().to_owned()
        };
        let one = claiming(&["xl/sheet.bin"], 513 << 20);
        assert!(one.contains("claims 537919488 bytes; at most 67108864 are read"), "{one}");
        let all = claiming(&["xl/a.bin", "xl/b.bin", "xl/c.bin", "xl/d.bin", "xl/e.bin", "xl/workbook.xml"], 60 << 20);
        assert!(all.contains("to 314572800 bytes or more"), "{all}");
    }

    #[test]
    fn claims_of_texts_and_endless_cells_are_refused() {
        let texts = |count: &str| vec![("xl/sharedStrings.xml", format!("<sst count=\"1\" uniqueCount = '{count}'><si><t>x</t></si></sst>").into_bytes())];
        assert_eq!(found(&texts("1")), "fine");
        assert!(found(&texts("100000000000")).contains("claims to hold 100000000000 texts"));
    }

    #[test]
    fn archives_that_are_no_workbook_say_what_they_are() {
        assert!(refused("t.xlsx", archive(&[("word/document.xml", Vec::new())]), &[]).contains("a Word document"));
        assert!(refused("t.xlsx", archive(&[("a.csv", b"a\n1\n".to_vec())]), &[]).contains("a ZIP archive and no workbook"));
    }
}
