//! Receipts, captured bodies, margin and reconciliation.

use super::texts;

texts! {
    /// Receipts.
    ReceiptTexts {
        help: "Signed by this installation: anybody can check it with the published key, without access to Tollgate.", "由本系统签名：任何人都可凭公开密钥验证，无需访问 Tollgate。";
        save: "Save receipt", "保存凭证";
        saved: "The receipt was saved", "凭证已保存";
        title: "Receipt", "凭证";
        verify: "How to check it", "如何验证";
        verify_key: "The published keys are at /api/v2/ledger/keys; ask for the key by another way than the receipt came.", "公开密钥位于 /api/v2/ledger/keys；请通过与凭证不同的渠道获取密钥。";
        verify_says: "It compares the figures with their digest, the digests with the batch’s hash, the lines with their sum, and all of it with the signature. Whatever was changed is named.", "命令会核对数值与摘要、摘要与批次哈希、明细与合计，以及全部内容与签名，并指出任何被改动之处。";
    }
}

texts! {
    /// Captured bodies.
    CaptureTexts {
        active: "Keep bodies of requests and answers", "保存请求和响应内容";
        active_help: "Off unless you turn it on. What is chosen below is blacked out before anything is stored.", "默认关闭。以下选定的内容会在保存前被遮盖。";
        answer: "Answer", "响应";
        bytes: "Bytes kept of each body", "每份内容保存的字节数";
        cards: "Numbers of payment cards", "支付卡号";
        cut: "{bytes} bytes, of which the beginning was kept", "共 {bytes} 字节，仅保存开头部分";
        days: "Days until they are deleted", "保存天数";
        delete: "Delete these bodies", "删除这些内容";
        deleted: "The bodies were deleted", "内容已删除";
        drawer_help: "Each look stands in the audit log.", "每次查看都会记入审计日志。";
        emails: "E-mail addresses", "电子邮件地址";
        intro: "For finding faults in one’s own use of models. Encrypted at rest, seen by owners and admins alone, deleted by itself.", "用于排查自身模型调用的问题。内容加密保存，仅所有者和管理员可见，到期自动删除。";
        kept: "Kept now", "当前留存";
        kept_at: "Kept", "留存时间";
        kept_help: "A request’s bodies are shown in its drawer.", "请求内容在其详情抽屉中显示。";
        keys: "Only of these keys", "仅限以下密钥";
        keys_add: "Add a key …", "添加密钥……";
        keys_help: "All keys if empty.", "留空则为全部密钥。";
        look: "Show captured bodies", "查看已保存内容";
        patterns: "Own patterns, one a line", "自定义规则，每行一条";
        patterns_help: "Regular expressions, at most 20. What they find is blacked out.", "正则表达式，最多 20 条，匹配内容将被遮盖。";
        read_only: "Only owners change this.", "仅所有者可以修改。";
        redact: "Blacked out before storing", "保存前遮盖";
        redacted: "{number} places blacked out", "已遮盖 {number} 处";
        redacted_column: "Blacked out", "已遮盖";
        request: "Request", "请求";
        sample: "Of a thousand requests, keep", "每千次请求保存";
        save: "Save", "保存";
        saved: "Saved; all nodes follow within moments", "已保存，所有节点随即生效";
        secrets: "Keys, tokens and passwords", "密钥、令牌和密码";
        size: "Size", "大小";
        title: "Captured bodies", "内容留存";
        until: "Deleted at", "删除时间";
    }
}

texts! {
    /// The operator's margin.
    MarginTexts {
        account: "Account", "账户";
        by: "Rows by", "分组";
        charge: "Charged", "收入";
        credited: "Given back", "已退还";
        credited_of_it: "{amount} given back by credit notes", "贷项通知单退还 {amount}";
        cost: "Upstream cost", "上游成本";
        customer: "Customer", "客户";
        day: "Day", "日期";
        empty_help: "As soon as customers use the platform’s own accounts, what they cost and bring stands here.", "客户使用平台自有账户后，此处会显示成本与收入。";
        empty_title: "Nothing in these days", "所选日期无数据";
        export: "Save as CSV", "保存为 CSV";
        exported: "The table was saved", "表格已保存";
        fits: "Ties to the ledger", "与账本一致";
        fits_help: "The cost of all days is exactly what the ledger account upstream_cost holds: {amount}.", "全部日期的成本与账本科目 upstream_cost 完全一致：{amount}。";
        fits_not: "Does not tie to the ledger", "与账本不一致";
        fits_not_help: "The days come to {days}, the ledger account upstream_cost holds {ledger}: run tollgate ledger verify.", "各日合计 {days}，账本科目 upstream_cost 为 {ledger}：请运行 tollgate ledger verify。";
        from: "From", "开始";
        intro: "What the platform’s own accounts cost and what customers were charged for them, by days in UTC. No customer sees any of it.", "平台自有账户的成本与向客户收取的费用，按 UTC 日期统计。客户无法看到。";
        margin: "Margin", "毛利";
        model: "Model sent", "发送的模型";
        name: "Name", "名称";
        own: "Charged for customers’ own accounts", "客户自有账户收费";
        platform: "Platform", "平台";
        share: "of the charge", "占收入";
        title: "Margin", "毛利";
        to: "To", "结束";
    }
}

texts! {
    /// Reconciliation.
    ReconcileTexts {
        account: "Account", "账户";
        agrees: "Agrees", "一致";
        all_models: "All models", "全部模型";
        amount: "Money", "金额";
        behind: "Requests behind it", "相关请求";
        behind_more: "There are more; these are the likeliest.", "还有更多，此处为最可能相关的请求。";
        cause_beside: "billed beside the tokens, such as searches", "Token 之外的计费，如搜索";
        cause_elsewhere: "used outside Tollgate", "在 Tollgate 之外使用";
        cause_estimated: "{number} estimated requests", "{number} 个估算请求";
        cause_no_model: "the report does not say the model", "报告未注明模型";
        cause_prices: "other prices than the price book’s", "价格与价目表不同";
        cause_scope: "the report is of another part or names the model otherwise", "报告范围不同或模型名称不同";
        cause_unknown: "{number} requests whose end nobody knows", "{number} 个结果未知的请求";
        causes: "Likely causes", "可能原因";
        choose: "Choose an account", "选择账户";
        choose_help: "Its days are compared with the provider’s own cost and usage reports.", "将其每日数据与供应商的费用和用量报告进行比对。";
        day: "Day (UTC)", "日期（UTC）";
        differs: "Differs", "不一致";
        difference: "Difference", "差异";
        file: "The provider’s file", "供应商文件";
        file_help: "JSON of the admin API (a page, or an array of all pages), or a CSV export of the console. At most 8 MB.", "管理 API 的 JSON（单页或全部页面的数组），或控制台导出的 CSV，最大 8 MB。";
        forget: "Forget this report", "删除此报告";
        forget_effect: "Its days are compared without it.", "相应日期将不再使用它比对。";
        forget_title: "Forget the report “{name}”?", "删除报告“{name}”？";
        forgotten: "The report was forgotten", "报告已删除";
        here: "Booked here", "本系统记账";
        intro: "What was booked of an account beside what its provider bills, by the provider’s day and model.", "按供应商日期和模型，对比账户在本系统的记账与供应商账单。";
        kind: "Kind", "类型";
        kind_cost: "Cost", "费用";
        kind_usage: "Usage", "用量";
        model: "Model", "模型";
        no_report: "No report", "无报告";
        only_here: "Only here", "仅本系统";
        only_there: "Only there", "仅供应商";
        output: "Output tokens", "输出 Token";
        reports: "Reports", "报告";
        repeated: "The same content was there already; nothing was changed", "相同内容已存在，未作更改";
        scope: "Project, workspace or key", "项目、工作区或密钥";
        scope_help: "Only its lines are taken, as the file names it. Empty: all of them.", "仅采用文件中该名称的行，留空则为全部。";
        there: "The provider says", "供应商数据";
        title: "Reconciliation", "对账";
        tolerance: "Figures agree within {permille} ‰, money within {amount} in any case.", "数值差异在 {permille} ‰ 以内视为一致，金额差异在 {amount} 以内始终视为一致。";
        total: "All days with a report", "所有有报告的日期";
        upload: "Upload a report", "上传报告";
        uploaded: "The report was kept", "报告已保存";
        verdict: "Verdict", "结论";
    }
}
