//! Why something was refused, in the viewer's language: by the stable code, with the server's own English words where the
//! code says too little.

use super::{Locale, fill, texts};
use crate::api::ApiError;
use tollgate_contract::budgets::BUDGETS_PER_REQUEST_MAX;
use tollgate_contract::problem::{FieldError, Problem};

texts! {
    /// Why something was refused.
    ProblemTexts {
        account_disabled: "This sign-in is switched off. Ask an admin of your organisation.", "此登录已停用，请联系组织管理员。";
        api_version: "Takes lower-case letters, digits and hyphens, such as 2024-10-21", "只能包含小写字母、数字和连字符，例如 2024-10-21";
        control_character: "Must not hold control characters", "不能包含控制字符";
        credential: "Takes visible ASCII characters without space", "只能包含可见 ASCII 字符，不含空格";
        credential_kind: "This platform takes no such credential", "此平台不接受此类凭据";
        date: "Not a date", "日期无效";
        duplicate: "Names the same thing twice", "存在重复项";
        email: "Not an e-mail address such as ann@example.com", "不是有效的邮箱地址，例如 ann@example.com";
        email_taken: "This e-mail address is registered already. Sign in instead.", "此邮箱已注册，请直接登录。";
        forbidden: "Your role does not allow this.", "您的角色无权执行此操作。";
        header_name: "Takes names of lower-case letters, digits and hyphens, such as x-team", "名称只能包含小写字母、数字和连字符，例如 x-team";
        header_refused: "One of these headers has its own place and can’t be set here", "其中有请求头不能在此设置";
        header_value: "Takes visible ASCII characters as values, without space around them", "值只能包含可见 ASCII 字符，首尾不能有空格";
        headers: "Write one “name: value” a line", "每行写一条“名称: 值”";
        budget_paths: "Some requests would fall under too many budgets: at most {max}, the wallet included", "部分请求将受过多预算限制：含钱包最多 {max} 个";
        colour: "Takes a colour such as #1f2937", "请输入颜色值，例如 #1f2937";
        currency: "Takes the three letters of a currency, such as EUR", "请输入三位货币代码，例如 EUR";
        image: "Takes a PNG of at most 64 KiB and 2,000 × 2,000 dots", "请选择不超过 64 KiB、2,000 × 2,000 像素的 PNG 图片";
        rate: "Takes a number above 0 with at most nine decimals, such as 0.9213", "请输入大于 0、最多九位小数的数字，例如 0.9213";
        rate_taken: "Another rate was entered for this currency and day before", "此货币当日已录入其他汇率";
        tax_rate: "Takes percent from 0 to 100, such as 19 or 8.875", "请输入 0 到 100 的百分比，例如 19 或 8.875";
        changed: "Is {value} now", "现为 {value}";
        fixed: "Stays as it was made", "创建后不可修改";
        held: "More than this is used or held", "已使用或占用的金额超过此值";
        host_bits: "Names a host within its network: write the network’s own address", "包含主机位：请填写网段自身的地址";
        icon_letters: "Takes an emoji or a few letters", "请输入一个表情符号或几个字母";
        network: "Not an address or network such as 192.0.2.1 or 2001:db8::/32", "不是有效的地址或网段，例如 192.0.2.1 或 2001:db8::/32";
        pattern_names: "Needs “{n}”, where each key’s number goes", "需要包含“{n}”，用作每个密钥的编号";
        pattern_models: "Must not hold spaces: * stands for any text, such as *opus*", "不能包含空格：* 代表任意文本，例如 *opus*";
        queue_incomplete: "A queue needs a limit, a length and a time to wait", "排队需要同时设置并发上限、长度与等待时间";
        order: "Must rise", "必须递增";
        voucher_code: "Is no voucher that can be redeemed", "不是可兑换的兑换码";
        in_the_past: "Must lie ahead", "必须是将来的时间";
        internal: "Something went wrong on our side. It was logged under the request id.", "服务器出现问题，已按请求 ID 记录日志。";
        invalid_credentials: "E-mail address or password are wrong.", "邮箱或密码错误。";
        mapping: "Write one “asked = sent” a line", "每行写一条“请求的模型 = 发送的模型”";
        name_taken: "The name is taken", "名称已被使用";
        not_applicable: "Means nothing here", "在此处不适用";
        not_found: "There is no such thing, or you may not see it.", "内容不存在，或您无权查看。";
        number: "Write a whole number", "请输入整数";
        odd: "The server's answer can't be read (status {status}).", "无法读取服务器的响应（状态码 {status}）。";
        offline: "No answer from the server. Check the connection and try again.", "服务器没有响应，请检查网络后重试。";
        out_of_range: "Out of range", "超出允许范围";
        project: "Takes a project’s id, such as my-project-1234, or its number", "请输入项目 ID（例如 my-project-1234）或项目编号";
        region: "Takes lower-case letters, digits and hyphens, such as us-east-1", "只能包含小写字母、数字和连字符，例如 us-east-1";
        required: "Must be filled in", "必填";
        sign_up_closed: "Sign-up is closed here. Ask the operator for an account.", "此处未开放注册，请联系运维人员开通。";
        signed_out: "Your session is over.", "登录已失效。";
        slug: "Takes lower-case letters, digits and inner hyphens", "只能包含小写字母、数字和中间的连字符";
        slug_taken: "The short name is taken", "短名称已被使用";
        surrounding_space: "Must not begin or end with space", "首尾不能有空格";
        tenant_suspended: "This organisation is suspended.", "此组织已被停用。";
        time_zone: "Not an IANA time zone such as Europe/Berlin", "不是有效的 IANA 时区，例如 Asia/Shanghai";
        too_long: "Too long", "过长";
        too_many: "Too many", "数量过多";
        too_many_requests: "Too many attempts.", "尝试次数过多。";
        too_short: "Takes at least {min} characters", "至少 {min} 个字符";
        unavailable: "The service is not available at the moment. Try again soon.", "服务暂时不可用，请稍后重试。";
        url: "Not an http or https URL such as https://api.anthropic.com", "不是有效的 http 或 https 地址，例如 https://api.anthropic.com";
        url_refused: "Requests may not be sent to this address.", "不允许向此地址发送请求。";
        validation_failed: "Some fields are not valid.", "部分字段有误。";
        version_conflict: "Someone else changed it meanwhile. Close this and open it again to see the change.", "内容已被他人修改。请关闭后重新打开以查看最新内容。";
        wildcard: "Takes * at the end of the model asked for alone", "* 只能出现在请求的模型名称末尾";
        bundle: "Not a file of exported accounts", "不是导出的账户文件";
        code_refused: "The vendor refused the code: it expired or was used. Start again.", "供应商拒绝了代码：已过期或已使用。请重新开始。";
        code_unreadable: "There is no code in what was pasted.", "粘贴的内容中没有代码。";
        dollars: "Write an amount of dollars, such as 25 or 0.50", "请输入美元金额，例如 25 或 0.50";
        flow_over: "This link was used already, or its time is over. Start again.", "此链接已使用或已超时，请重新开始。";
        grant_incomplete: "The vendor granted too little. Start again and agree to everything.", "供应商授权不足。请重新开始并同意全部权限。";
        grant_revoked: "The grant is gone: connect the account anew.", "授权已失效，请重新连接账户。";
        host: "Takes a name or an address alone, such as proxy.example.com", "请只填写名称或地址，例如 proxy.example.com";
        in_use: "It is in use.", "正在使用中。";
        not_configured: "The operator has not set this up.", "运维人员尚未配置此功能。";
        other_account: "It is another account at the vendor.", "这是供应商处的另一个账户。";
        passphrase: "It does not fit this file", "口令与此文件不符";
        project_needed: "Google needs a Google Cloud project: fill it in and start again.", "Google 需要一个 Google Cloud 项目：请填写后重新开始。";
        state_mismatch: "The code belongs to another link. Start again.", "代码属于另一个链接，请重新开始。";
        username: "Must not hold a colon", "不能包含冒号";
        vendor_answer: "The vendor's answer can't be used.", "无法使用供应商的响应。";
        vendor_busy: "The vendor can't answer at the moment. Try again soon.", "供应商暂时无法响应，请稍后重试。";
        vendor_refused: "The vendor refused the request.", "供应商拒绝了请求。";
        vendor_unreachable: "The vendor can't be reached.", "无法连接供应商。";
    }
}

/// Why a call failed, in the viewer's language.
pub fn problem_message(error: &ApiError, locale: Locale) -> String {
    let t = &locale.texts().problems;
    match error {
        ApiError::Offline => t.offline.to_owned(),
        ApiError::Aborted | ApiError::SignedOut => t.signed_out.to_owned(),
        ApiError::Odd { status, .. } => fill(t.odd, &[("status", &status.to_string())]),
        ApiError::Problem(problem) => of_problem(problem, locale),
    }
}

fn of_problem(problem: &Problem, locale: Locale) -> String {
    let t = &locale.texts().problems;
    let words = match problem.code.as_str() {
        "account_disabled" => t.account_disabled,
        "email_taken" => t.email_taken,
        // The server tells what the role lacks, or which door is the right one.
        "forbidden" => return with_detail(t.forbidden, problem, locale),
        "internal" => t.internal,
        "invalid_credentials" => t.invalid_credentials,
        "name_taken" => t.name_taken,
        "not_found" => t.not_found,
        "sign_up_closed" => t.sign_up_closed,
        "slug_taken" => t.slug_taken,
        "tenant_suspended" => t.tenant_suspended,
        "too_many_requests" => return with_detail(t.too_many_requests, problem, locale),
        "unavailable" => t.unavailable,
        "too_many_budgets" => return fill(t.budget_paths, &[("max", &BUDGETS_PER_REQUEST_MAX.to_string())]),
        "url_refused" => t.url_refused,
        "voucher_refused" => t.voucher_code,
        "validation_failed" => t.validation_failed,
        "version_conflict" => t.version_conflict,
        code => return of_pool(code, problem, locale),
    };
    words.to_owned()
}

/// What goes wrong with accounts and their vendors: the server's sentence names the vendor, the proxy, both accounts.
fn of_pool(code: &str, problem: &Problem, locale: Locale) -> String {
    let t = &locale.texts().problems;
    let words = match code {
        "code_refused" => t.code_refused,
        "code_unreadable" => t.code_unreadable,
        "flow_over" => t.flow_over,
        "grant_incomplete" => t.grant_incomplete,
        "grant_revoked" => t.grant_revoked,
        "in_use" => t.in_use,
        "not_applicable" => t.not_applicable,
        "not_configured" => t.not_configured,
        "other_account" => t.other_account,
        "project_needed" => t.project_needed,
        "state_mismatch" => t.state_mismatch,
        "vendor_answer" => t.vendor_answer,
        "vendor_busy" => t.vendor_busy,
        "vendor_refused" => t.vendor_refused,
        "vendor_unreachable" => t.vendor_unreachable,
        _ if problem.detail.is_empty() => return problem.title.clone(),
        _ => return problem.detail.clone(),
    };
    with_detail(words, problem, locale)
}

/// The server's sentence says more than the code, but only in English.
fn with_detail(words: &str, problem: &Problem, locale: Locale) -> String {
    match locale {
        Locale::En if !problem.detail.is_empty() => problem.detail.clone(),
        _ => words.to_owned(),
    }
}

/// What is wrong with a field, in the viewer's language.
pub fn field_message(error: &FieldError, locale: Locale) -> String {
    let t = &locale.texts().problems;
    let words = match error.code.as_str() {
        "api_version" => t.api_version,
        "bundle" => t.bundle,
        "code" if error.field == "code" => t.code_unreadable,
        "code_refused" => t.code_refused,
        "control_character" => t.control_character,
        "credential" => t.credential,
        "credential_kind" => t.credential_kind,
        "colour" => t.colour,
        "currency" => t.currency,
        "date" => t.date,
        "dollars" => t.dollars,
        "duplicate" => t.duplicate,
        "email" => t.email,
        "header_name" => t.header_name,
        "header_refused" => t.header_refused,
        "header_value" => t.header_value,
        "headers" => t.headers,
        "changed" => {
            let value = error.message.trim_start_matches("is ").trim_end_matches(" now");
            return fill(t.changed, &[("value", value)]);
        }
        "host" => t.host,
        "host_bits" => t.host_bits,
        "icon" => t.icon_letters,
        "incomplete" => t.queue_incomplete,
        "image" => t.image,
        "in_the_past" => t.in_the_past,
        "mapping" => t.mapping,
        "in_use" => return figured(t.held, error, locale),
        "network" => t.network,
        "not_editable" => t.fixed,
        "not_applicable" => t.not_applicable,
        "order" => t.order,
        "pattern" if error.field.contains("names") => t.pattern_names,
        "pattern" => t.pattern_models,
        "passphrase" => t.passphrase,
        "number" => t.number,
        "project" => t.project,
        "region" => t.region,
        "required" => t.required,
        "slug" => t.slug,
        "state" if error.field == "code" => t.state_mismatch,
        "surrounding_space" => t.surrounding_space,
        "taken" if error.field == "email" => t.email_taken,
        "taken" if error.field == "slug" => t.slug_taken,
        "taken" if error.field.starts_with("rates[") => t.rate_taken,
        "taken" => t.name_taken,
        "time_zone" => t.time_zone,
        // How short is too short differs, and stands in the server's words.
        "too_short" => return fill(t.too_short, &[("min", &figures(&error.message))]),
        "url" => t.url,
        "username" => t.username,
        "voucher_code" | "voucher_refused" => t.voucher_code,
        "wildcard" => t.wildcard,
        // These carry a figure, or say what the code can't: the server's words, in English, beside the language's own.
        "out_of_range" if error.field == "tax_rate" => t.tax_rate,
        "out_of_range" if error.field.starts_with("rates[") => t.rate,
        "out_of_range" => return figured(t.out_of_range, error, locale),
        "too_long" => return figured(t.too_long, error, locale),
        "too_many" => return figured(t.too_many, error, locale),
        "too_many_budgets" => return fill(t.budget_paths, &[("max", &BUDGETS_PER_REQUEST_MAX.to_string())]),
        _ => return sentence(&error.message),
    };
    words.to_owned()
}

fn figured(words: &str, error: &FieldError, locale: Locale) -> String {
    match locale {
        Locale::En => sentence(&error.message),
        Locale::Zh => {
            let figures = figures(&error.message);
            if figures.is_empty() {
                words.to_owned()
            } else {
                format!("{words}（{figures}）")
            }
        }
    }
}

/// The numbers in a text: `1–100`.
fn figures(text: &str) -> String {
    let figures = text.split(|c: char| !c.is_ascii_digit());
    let figures: Vec<&str> = figures.filter(|part| !part.is_empty()).collect();
    figures.join("–")
}

/// `must be filled in` as `Must be filled in`.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(field: &str, code: &str, message: &str) -> FieldError {
        FieldError {
            field: field.to_owned(),
            code: code.to_owned(),
            message: message.to_owned(),
        }
    }

    #[test]
    fn a_field_s_figures_survive_translation() {
        let wrong = error("priority", "out_of_range", "must be between 1 and 100");
        assert_eq!(field_message(&wrong, Locale::En), "Must be between 1 and 100");
        assert_eq!(field_message(&wrong, Locale::Zh), "超出允许范围（1–100）");
    }

    #[test]
    fn how_short_is_too_short_is_said() {
        let wrong = error("passphrase", "too_short", "must have at least 12 characters");
        assert_eq!(field_message(&wrong, Locale::En), "Takes at least 12 characters");
    }

    #[test]
    fn an_unknown_code_shows_the_servers_words() {
        assert_eq!(
            field_message(&error("x", "news", "is not right"), Locale::Zh),
            "Is not right"
        );
    }
}
