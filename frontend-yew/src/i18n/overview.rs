//! The dashboard.

use super::texts;

texts! {
    /// The dashboard.
    OverviewTexts {
        title: "Overview", "概览";
        accounts: "Accounts", "上游账户";
        accounts_all_well: "All accounts take requests", "所有账户均可接收请求";
        accounts_none: "No account yet", "尚无账户";
        accounts_of: "{well} of {all} ready", "{well} / {all} 可用";
        accounts_unwell: "Accounts that need a look", "需要关注的账户";
        available: "Left for new requests", "新请求可用额度";
        balance: "Wallet", "钱包";
        balance_booked: "Booked balance", "账面余额";
        balance_empty: "Empty: requests are refused until money is put in", "余额为空：充值前请求会被拒绝";
        balance_help: "See what came in and went out", "查看收支明细";
        charged: "Charged in all", "累计扣费";
        chart_label: "{what} over the last {range}", "最近 {range} 的{what}";
        client_errors: "{number} refused as faulty", "{number} 个请求有误被拒";
        errors: "{number} failed", "{number} 个失败";
        errors_none: "None failed", "无失败";
        first_account: "Add an upstream account", "添加上游账户";
        first_account_help: "Credentials with which requests reach the vendor.", "请求到达供应商所用的凭据。";
        first_key: "Create a key", "创建密钥";
        first_key_help: "With it a client signs its requests; its set-up is ready to copy.", "客户端用它来发送请求；配置可直接复制。";
        first_money: "Put money into the wallet", "为钱包充值";
        first_money_help: "The operator does this on the server:", "由运维人员在服务器上执行：";
        first_request: "Send the first request", "发送第一个请求";
        first_request_help: "By a client, or with “Test it” right after creating a key.", "使用客户端发送，或在创建密钥后点击“测试”。";
        first_title: "First steps", "入门步骤";
        first_done: "Done", "已完成";
        held: "Held by running requests", "进行中请求占用";
        keys: "Active keys", "启用的密钥";
        keys_detail: "{disabled} off, {expired} expired", "{disabled} 个停用，{expired} 个过期";
        ledger_empty: "Nothing has been booked yet.", "尚无记账。";
        ledger_title: "Latest bookings", "最近记账";
        models: "Models", "模型";
        models_empty: "No model was asked in this range.", "此时间范围内没有模型调用。";
        models_empty_help: "Figures appear here with the first request.", "首个请求之后即显示用量。";
        model: "Model", "模型";
        paid_in: "Paid in", "累计充值";
        requests_today: "Requests today", "今日请求";
        share: "Share", "占比";
        tokens_detail: "{input} in, {output} out", "输入 {input}，输出 {output}";
        tokens_today: "Tokens today", "今日 Token";
        cost_today: "Cost today", "今日费用";
        trend: "Over time", "趋势";
        transfer_adjustment: "Put right", "调整";
        transfer_correction: "Correction", "更正";
        transfer_promotion: "Credit given", "赠送额度";
        transfer_refund: "Refund", "退款";
        transfer_top_up: "Paid in", "充值";
        transfer_upstream_cost: "Paid to a vendor", "供应商成本";
        transfer_usage: "Requests", "请求用量";
        transfer_voucher: "Voucher", "兑换券";
        transfer_tax: "Tax", "税款";
        transfer_rounding: "Rounding to cents", "尾数取整";
        transfer_payment: "Payment of an invoice", "账单付款";
        transfer_credit_note: "Credit note", "贷项通知单";
        what: "What is shown", "显示内容";
        zone: "Days begin in {zone}", "以 {zone} 时区计日";
        yesterday_whole: "Yesterday in all: {figure}", "昨日全天：{figure}";
    }
}
