//! `uploads`: files that came with the request, read piece by piece.

use vestry_contract::types::Failure;

use crate::call::Call;
use crate::gate::Pass;

/// The longest piece, in bytes.
const LONGEST: u32 = 1 << 20;

/// Fewer bytes than asked for at the end of the file, none past it.
pub(crate) fn read(call: &Call, _pass: Pass, index: u32, offset: u64, length: u32) -> Result<Vec<u8>, Failure> {
    let uploads = &call.settings()?.uploads;
    let upload = usize::try_from(index).ok().and_then(|index| uploads.get(index)).ok_or_else(|| {
        Failure::NotFound(format!("this request has {} uploads, and no number {index}", uploads.len()))
    })?;
    let start = usize::try_from(offset).unwrap_or(usize::MAX).min(upload.len());
    let end = start.saturating_add(length.min(LONGEST) as usize).min(upload.len());
    Ok(upload[start..end].to_vec())
}
