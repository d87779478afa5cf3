//! `tollgate receipt`: checks receipts. Needs neither settings nor database: whoever holds a receipt can run it.

use super::{CliError, out};
use clap::Subcommand;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tollgate_contract::receipts::{Receipt, ReceiptStatement};
use tollgate_ledger::{LinePrice, check_receipt};
use tollgate_money::Nano;

/// A receipt has some ten kilobytes; a batch never so many rows that it has more than this.
const FILE_MAX: u64 = 16 * 1024 * 1024;

#[derive(Debug, Subcommand)]
pub enum Action {
    /// Check a receipt's figures, proof and signature; exits with 1 and names what does not fit.
    Verify {
        /// The receipt, as `GET /api/v2/requests/{id}/receipt` gives it; `-` reads standard input.
        file: PathBuf,
        /// The installation's public key, 64 hex digits, as `GET /api/v2/ledger/keys` publishes it. Without it, only
        /// what the receipt itself says is checked: that nothing was changed since the key in it signed.
        #[arg(long, value_name = "PUBLIC")]
        key: Option<String>,
    },
}

pub fn run(action: &Action) -> Result<ExitCode, CliError> {
    let Action::Verify { file, key } = action;
    let trusted = key.as_deref().map(public_key).transpose()?;
    let receipt = read(file)?;
    match check_receipt(&receipt, trusted.as_ref()) {
        Ok(checked) => {
            tell(&receipt.statement);
            out::line(if checked.proved {
                "The receipt holds: figures, proof and signature fit."
            } else {
                "The receipt holds: figures and signature fit. Its proof is left out: a receipt with it can be saved by \
                 whoever may read all of the organisation's requests."
            });
            let key = checked.public_key;
            out::line(if checked.key_trusted {
                format!("Signed by the key given, {key}.")
            } else {
                format!("Signed by {key}: compare it with the published key, or give that by --key.")
            });
            Ok(ExitCode::SUCCESS)
        }
        Err(fault) => {
            out::problem(format_args!("The receipt does not hold: {fault}."));
            Ok(ExitCode::FAILURE)
        }
    }
}

fn public_key(text: &str) -> Result<[u8; 32], CliError> {
    let bytes = hex::decode(text.trim())
        .ok()
        .and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| CliError::Said("--key: a public key is 64 hex digits".to_owned()))
}

fn read(file: &Path) -> Result<Receipt, CliError> {
    let shown = file.display();
    let mut text = String::new();
    let reading = format!("reading {shown}");
    let read = if file == Path::new("-") {
        std::io::stdin().take(FILE_MAX).read_to_string(&mut text)
    } else {
        let opened = std::fs::File::open(file).map_err(CliError::system(reading.clone()))?;
        opened.take(FILE_MAX).read_to_string(&mut text)
    };
    read.map_err(CliError::system(reading))?;
    serde_json::from_str(&text).map_err(|error| CliError::Said(format!("{shown} is no receipt: {error}")))
}

fn tell(statement: &ReceiptStatement) {
    let (request, tenant, key) = (statement.request_id, statement.tenant_id, statement.key_id);
    out::line(format_args!("request        {request}"));
    out::line(format_args!("tenant         {tenant}"));
    out::line(format_args!("key            {key}"));
    let (model, status, quality) = (&statement.model, &statement.status, &statement.quality);
    out::line(format_args!("model          {model} ({status}, {quality})"));
    out::line(format_args!("price version  {}", statement.price_version));
    for line in &statement.lines {
        let (meter, amount) = (&line.meter, Nano(line.amount_nano.0));
        let price = LinePrice::of(line).map_or_else(
            || format!("{} and more: {}", line.price, serde_json::json!(line.more)),
            |price| price.to_string(),
        );
        out::line(format_args!(
            "  {meter:<20} {:>14} × {price} = {amount}",
            line.quantity
        ));
    }
    let (batch, charge) = (&statement.batch, Nano(statement.charge_nano.0));
    out::line(format_args!(
        "booked         {} in batch {}: {charge}",
        batch.booked_at, batch.batch_no
    ));
    for correction in &statement.corrections {
        let (batch, change) = (&correction.batch, Nano(correction.charge_nano.0));
        out::line(format_args!(
            "corrected      {} in batch {}: {change} ({})",
            batch.booked_at, batch.batch_no, correction.reason
        ));
    }
    out::line(format_args!("amount         {}", Nano(statement.amount_nano.0)));
}
