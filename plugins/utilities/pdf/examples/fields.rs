//! Shows what a file has: `fields FILE [json|yaml|csv|time] [PASSWORD]`. With `time`, the milliseconds of one reading, the
//! shortest and the middle one of twenty.

use std::time::Instant;

#[expect(clippy::print_stdout, reason = "it is there to print")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let file = arguments.first().ok_or("which file?")?;
    let bytes = std::fs::read(file)?;
    let password = arguments.get(2).map(String::as_str);
    let template = vestry_pdf_fields::read(&bytes, password)?;
    match arguments.get(1).map_or("json", String::as_str) {
        "yaml" => print!("{}", vestry_pdf_fields::yaml(&template, file.rsplit('/').next().unwrap_or(file))),
        "csv" => print!("{}", vestry_pdf_fields::csv(&template)),
        "time" => {
            let mut times: Vec<f64> = Vec::new();
            for _ in 0..20 {
                let start = Instant::now();
                let again = vestry_pdf_fields::read(&bytes, password)?;
                times.push(start.elapsed().as_secs_f64() * 1000.0);
                assert_eq!(again.fields.len(), template.fields.len());
            }
            times.sort_unstable_by(f64::total_cmp);
            println!("{:.3} {:.3}", times[0], times[times.len() / 2]);
        }
        _ => println!("{}", serde_json::to_string_pretty(&template)?),
    }
    Ok(())
}
