//! Receipts: what the books prove of a request, signed with the installation's key. Never in here: the proof itself.

use super::list;
use crate::permissions::{Action, allows};
use crate::state::ManageState;
use chrono::SubsecRound;
use tollgate_contract::ids::RequestId;
use tollgate_contract::receipts::{RECEIPT_ALGORITHM, RECEIPT_FORMAT, Receipt, ReceiptSignature};
use tollgate_http::{Caller, Code, Fault};
use tollgate_ledger::{RECEIPT_PURPOSE, ReceiptError, make_receipt, statement_bytes};

pub(super) async fn issue(state: &ManageState, caller: &Caller, id: RequestId) -> Result<Receipt, Fault> {
    // Whoever may not see the request sees no receipt of it either.
    list::visible(caller, id).await?;
    let mut tx = caller.tx().await?;
    // The proof tells what the whole organisation used at that moment.
    let whole = allows(caller.role, Action::UsageReadAll);
    let issued_at = state.clock().now().trunc_subsecs(0);
    let statement = make_receipt(&mut tx, id, issued_at, whole)
        .await
        .map_err(refusal)?;
    let statement = statement.ok_or_else(|| Fault::new(Code::NotFound))?;
    drop(tx);
    let signing = state.signing();
    let signature = signing
        .sign(RECEIPT_PURPOSE, &statement_bytes(&statement))
        .await
        .map_err(Fault::internal)?;
    let keys = signing.public_keys().await.map_err(Fault::internal)?;
    let key = keys.iter().find(|key| key.key_id == signature.key_id);
    let key = key.ok_or_else(|| Fault::internal(format!("signing key {} is gone", signature.key_id)))?;
    Ok(Receipt {
        format: RECEIPT_FORMAT.to_owned(),
        statement,
        signature: ReceiptSignature {
            algorithm: RECEIPT_ALGORITHM.to_owned(),
            key_id: signature.key_id,
            public_key: hex::encode(key.bytes),
            value: hex::encode(signature.bytes),
        },
    })
}

fn refusal(error: ReceiptError) -> Fault {
    match error {
        ReceiptError::Store(error) => error.into(),
        ReceiptError::Gone(_) => Fault::new(Code::NotFound).detail(
            "Requests that were booked with this one are past their retention: nothing can be proved of it any more.",
        ),
        ReceiptError::Differs(_) => Fault::internal(format!("no receipt: {error}; run `tollgate ledger verify`")),
    }
}
