//! Redeeming a voucher: for a key of one's own, or for the wallet.

use super::value_words;
use crate::api::{use_action, vouchers};
use crate::i18n::{fill, use_texts};
use crate::pages::keys::KeyPicker;
use crate::pages::parts::{FormDialog, use_submission};
use crate::state::use_form;
use crate::ui::{Field, TextInput, use_toasts};
use tollgate_contract::problem::{FieldError, faults};
use tollgate_contract::vouchers::{RedeemVoucher, Redeemed};
use yew::prelude::*;

/// The form as it is typed.
#[derive(Clone, Default, PartialEq)]
struct Draft {
    code: String,
    /// A key's id; empty: the wallet.
    key: String,
}

impl Draft {
    fn read(&self) -> Result<RedeemVoucher, Vec<FieldError>> {
        let form = RedeemVoucher {
            code: self.code.trim().to_owned(),
            key_id: self.key.parse().ok(),
        };
        let wrong = faults(&form);
        if wrong.is_empty() { Ok(form) } else { Err(wrong) }
    }
}

#[derive(Properties, PartialEq)]
pub struct RedeemProps {
    pub onclose: Callback<()>,
}

/// The dialog.
#[component]
pub fn Redeem(props: &RedeemProps) -> Html {
    let t = use_texts();
    let toasts = use_toasts();
    let form = use_form(Draft::default);
    let done = {
        let onclose = props.onclose.clone();
        Callback::from(move |brought: Redeemed| {
            toasts.done(fill(
                t.vouchers.redeemed_toast,
                &[("value", &value_words(&brought.value, t))],
            ));
            onclose.emit(());
        })
    };
    let action = use_action(vouchers::redeem, done);
    let sent = use_submission(form.value.read(), &action);
    let errors = sent.errors.clone();
    html! {
        <FormDialog title={t.vouchers.redeem} intro={t.vouchers.redeem_intro} dirty={form.dirty()} verb={t.vouchers.redeem_verb} {sent} onclose={props.onclose.clone()}>
            <div class="flex flex-col gap-4">
                <Field id="code" label={t.vouchers.code} error={errors.of("code")}>
                    <TextInput id="code" mono=true value={form.value.code.clone()} autofocus=true placeholder="TGV-…" wrong={errors.of("code").is_some()}
                        oninput={form.on(|form: &mut Draft, text| form.code = text)} />
                </Field>
                <Field id="key_id" label={t.vouchers.key} error={errors.of("key_id")}>
                    <KeyPicker id="key_id" value={form.value.key.clone()} none={t.vouchers.key_none} onchange={form.on(|form: &mut Draft, text| form.key = text)} />
                </Field>
            </div>
        </FormDialog>
    }
}
