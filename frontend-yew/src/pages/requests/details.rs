//! Everything known about one request, beside the log.

use super::capture::CaptureSection;
use super::explanation::Explanation;
use super::meters::meter_name;
use super::receipt::ReceiptSection;
use super::status::status_pill;
use super::why::Why;
use crate::api::requests::use_request;
use crate::format;
use crate::i18n::{Texts, use_texts};
use crate::pages::parts::{Go, fact, section};
use crate::router::Route;
use crate::state::{may, use_me};
use crate::ui::{CopyButton, Drawer, Failure, Moment, Money, Pill, Skeleton, Tone};
use std::rc::Rc;
use tollgate_contract::ids::RequestId;
use tollgate_contract::requests::{PriceLine, Quality, RequestCorrection, RequestDetail, RequestLine};
use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct DetailsProps {
    pub id: RequestId,
    pub onclose: Callback<()>,
}

/// The drawer.
#[component]
pub fn Details(props: &DetailsProps) -> Html {
    let t = use_texts();
    let found = use_request(props.id);
    let title = match &found.data {
        Some(detail) => {
            html! { <span class="flex flex-wrap items-center gap-2">{ detail.line.model.clone() }{ status_pill(detail.line.status, t) }</span> }
        }
        None => html! { { t.requests.details } },
    };
    html! {
        <Drawer {title} onclose={props.onclose.clone()}>
            <p class="mb-3 flex items-center gap-1 text-xs text-muted">
                <span class="whitespace-nowrap">{ t.shared.request_id }</span>{ " " }<code class="font-mono break-all">{ props.id.to_string() }</code>
                <CopyButton text={props.id.to_string()} small=true />
            </p>
            if let Some(detail) = &found.data {
                <Shown detail={detail.clone()} />
            } else if let Some(error) = &found.error {
                <Failure error={error.clone()} onretry={found.reload.clone()} />
            } else {
                <div class="flex flex-col gap-3">
                    for row in 0..12 {
                        <Skeleton key={row} class="h-5" />
                    }
                </div>
            }
        </Drawer>
    }
}

#[derive(Properties, PartialEq)]
struct ShownProps {
    detail: Rc<RequestDetail>,
}

#[component]
fn Shown(props: &ShownProps) -> Html {
    let t = use_texts();
    let me = use_me();
    let detail = &props.detail;
    html! {
        <>
            { facts(detail, may(me.as_ref(), "accounts.read"), t) }
            if let Some(explanation) = Explanation::read(&detail.explanation) {
                <Why {explanation} />
            }
            { section(t.requests.arithmetic) }
            { arithmetic(detail, t) }
            if !detail.corrections.is_empty() {
                { section(t.requests.corrections) }
                <dl class="divide-y divide-base-300">{ for detail.corrections.iter().map(correction) }</dl>
            }
            { section(t.requests.booked) }
            <dl class="divide-y divide-base-300">
                { fact(t.requests.booked, html! { <Moment at={detail.booked_at} absolute=true /> }) }
                { fact(t.requests.batch, html! { <span class="figures">{ detail.batch_no }</span> }) }
                { fact(t.requests.reserved, html! { <Money amount={detail.reserved_nano} /> }) }
                { fact(t.requests.price_version, html! { <code class="font-mono text-xs break-all">{ detail.price_version.to_string() }</code> }) }
            </dl>
            <ReceiptSection id={detail.line.id} />
            if may(me.as_ref(), "captures.read") {
                <CaptureSection id={detail.line.id} />
            }
        </>
    }
}

fn facts(detail: &RequestDetail, accounts: bool, t: &Texts) -> Html {
    let line = &detail.line;
    let text = |text: &str| html! { { text.to_owned() } };
    html! {
        <dl class="divide-y divide-base-300">
            { fact(t.requests.time, html! { <Moment at={line.started_at} absolute=true /> }) }
            { fact(t.requests.key, html! { <Go to={Route::Keys} query={format!("open={}", line.key_id)} class="link">{ line.key_name.clone() }</Go> }) }
            if accounts {
                { fact(t.requests.account, account(line, t)) }
            }
            { fact(t.requests.vendor, text(&format!("{} · {}", detail.provider, line.platform))) }
            if !detail.upstream_model.is_empty() && detail.upstream_model != line.model {
                { fact(t.requests.model_sent, text(&detail.upstream_model)) }
            }
            { fact(t.requests.path, html! { <code class="font-mono text-xs break-all">{ line.path.clone() }</code> }) }
            { fact(t.requests.answer, html! {
                { format!("HTTP {} · {}", line.http_status, if line.streamed { t.requests.streamed } else { t.requests.plain }) }
            }) }
            if !line.error_code.is_empty() {
                { fact(t.requests.error, html! { <code class="font-mono text-xs break-all text-error">{ line.error_code.clone() }</code> }) }
            }
            { fact(t.requests.attempts, html! { <span class="figures">{ detail.attempts }</span> }) }
            if let Some(first) = line.ttfb_ms {
                { fact(t.requests.first_byte, html! { <span class="figures">{ format::duration(first) }</span> }) }
            }
            { fact(t.requests.duration, html! { <span class="figures">{ format::duration(line.duration_ms) }</span> }) }
            { fact(t.requests.quality, quality_pill(line.quality, t)) }
            if !line.client.is_empty() {
                { fact(t.requests.client, text(&line.client)) }
            }
            if !detail.client_request_id.is_empty() {
                { fact(t.requests.client_request_id, html! { <code class="font-mono text-xs break-all">{ detail.client_request_id.clone() }</code> }) }
            }
            if !line.cost_centre.is_empty() {
                { fact(t.requests.cost_centre, text(&line.cost_centre)) }
            }
        </dl>
    }
}

fn account(line: &RequestLine, t: &Texts) -> Html {
    match line.account_id {
        Some(id) => {
            html! { <Go to={Route::Accounts} query={format!("open={id}")} class="link">{ line.account_name.clone() }</Go> }
        }
        None if line.account_name.is_empty() => {
            html! { <span class="text-muted">{ t.requests.account_none }</span> }
        }
        None => html! { { line.account_name.clone() } },
    }
}

fn quality_pill(quality: Quality, t: &Texts) -> Html {
    match quality {
        Quality::Exact => {
            html! { <Pill tone={Tone::Plain} text={t.requests.quality_exact} title={t.requests.quality_exact_help} /> }
        }
        Quality::Estimated => {
            html! { <Pill tone={Tone::Waiting} text={t.requests.quality_estimated} title={t.requests.quality_estimated_help} /> }
        }
    }
}

fn arithmetic(detail: &RequestDetail, t: &Texts) -> Html {
    let head = "py-1.5 pl-4 text-right text-xs font-medium text-muted first:pl-0 first:text-left";
    html! {
        <table class="w-full figures">
            <thead>
                <tr>
                    <th scope="col" class={head}>{ t.requests.meter }</th>
                    <th scope="col" class={head}>{ t.requests.quantity }</th>
                    <th scope="col" class={head}>{ t.requests.price }</th>
                    <th scope="col" class={head}>{ t.requests.amount }</th>
                </tr>
            </thead>
            <tbody class="divide-y divide-base-300 border-y border-base-300">
                for line in &detail.price_lines {
                    <tr key={line.meter.clone()}>
                        <th scope="row" class="py-1.5 text-left font-normal">{ meter_name(&line.meter, t) }</th>
                        <td class="py-1.5 pl-4 text-right">{ format::count(line.quantity) }</td>
                        <td class="py-1.5 pl-4 text-right">{ unit_price(line, t) }</td>
                        <td class="py-1.5 pl-4 text-right"><Money amount={line.amount_nano} /></td>
                    </tr>
                }
            </tbody>
            <tfoot>
                <tr>
                    <th scope="row" colspan="3" class="py-1.5 text-left font-semibold">{ t.requests.total }</th>
                    <td class="py-1.5 pl-4 text-right"><Money amount={detail.line.charge_nano} class="font-semibold" /></td>
                </tr>
            </tfoot>
        </table>
    }
}

/// The price with all that it is multiplied by.
fn unit_price(line: &PriceLine, t: &Texts) -> String {
    let each = if line.per == "one" {
        format!(" {}", t.prices.each)
    } else {
        String::new()
    };
    let mut price = if line.rate == "1" {
        "$".to_owned()
    } else {
        String::new()
    };
    price.push_str(&line.unit_price);
    for factor in [&line.rate, &line.factor] {
        if factor != "1" {
            price.push_str(" × ");
            price.push_str(factor);
        }
    }
    price + &each
}

fn correction(correction: &RequestCorrection) -> Html {
    html! {
        <div key={format!("{} {}", correction.batch_no, correction.reason)} class="flex justify-between gap-4 py-1.5">
            <dt class="min-w-0 break-words">{ correction.reason.clone() }{ " · " }<Moment at={correction.booked_at} absolute=true /></dt>
            <dd><Money amount={correction.charge_nano} /></dd>
        </div>
    }
}
