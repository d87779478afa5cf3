//! The operator's books: state, seals, verifications, dead letters; and past requests priced anew.

use super::texts;

texts! {
    /// The books at a glance, seals and verifications.
    BooksTexts {
        all_arrived: "All seals are where they go", "所有封印均已送达";
        arrived: "Arrived", "已送达";
        asked: "Asked for", "发起时间";
        asked_toast: "The verification begins within seconds", "校验将在数秒内开始";
        author_day: "Daily turn", "每日自动";
        batch: "Batch", "批次";
        by: "By", "发起人";
        chains: "Chains", "账链数";
        check: "Check", "检查项";
        checks: "Rows looked at", "检查行数";
        created: "Signs since", "启用时间";
        current: "Current", "当前";
        document: "Save seal {no}", "保存封印 {no}";
        epoch: "Start", "启动序号";
        expected: "Expected", "应为";
        failures: "What does not fit", "不一致之处";
        found: "Found", "实际";
        free: "Room on its disk", "磁盘剩余空间";
        goes: "Where it goes", "送达位置";
        hash: "Hash", "哈希";
        heard: "Last heard", "最近心跳";
        intro: "Proof that every request is booked, once and unchanged.", "证明每个请求都已入账，且仅入账一次、未被改动。";
        journals: "Journals of the nodes", "节点日志";
        journals_help: "What was relayed and is not booked yet. A silent node’s journal is booked when it starts again, or by another node: tollgate journal drain.", "已转发但尚未入账的请求。节点重新启动后会继续入账，也可由其他节点执行 tollgate journal drain。";
        journals_none: "No node has a journal open.", "没有节点打开日志。";
        key: "Key", "密钥";
        keys: "Published keys", "公开密钥";
        keys_help: "Seals and receipts are checked with these. Anybody may read them at /api/v2/ledger/keys; hand them on by another way than the seals.", "用于验证封印和凭证。任何人都可在 /api/v2/ledger/keys 读取；请通过与封印不同的渠道提供。";
        letters_open: "Dead letters", "死信";
        letters_oldest: "the oldest since", "最早";
        never: "Never verified", "从未校验";
        never_help: "Have it done now, or wait for the daily turn, which begins once the books are sealed.", "可立即校验，或等待首次封印后的每日自动校验。";
        no: "No.", "编号";
        node: "Node", "节点";
        not_arrived: "Not there yet", "未送达";
        nothing_open: "Nothing waits to be worked off", "没有待处理项";
        oldest: "Oldest", "最早";
        passed: "The books agree", "账目一致";
        failed: "The books do not agree", "账目不一致";
        broken: "Could not be run", "未能完成";
        place_folder: "Folder", "文件夹";
        place_webhook: "Webhook", "Webhook";
        requests: "Not booked yet", "待入账";
        retired: "Until", "停用时间";
        row: "Row", "行";
        rows_of: "{rows} rows of {tenants} organisations", "{tenants} 个组织的 {rows} 行";
        running: "Runs", "运行中";
        scope_quick: "All sums, no hashes", "全部合计，不含哈希";
        scope_since_seal: "Since the last seal", "自上次封印以来";
        scope_whole: "Every row and hash", "全部行和哈希";
        sealed: "Sealed", "封印时间";
        seals: "Seals", "封印";
        seals_empty: "No seal yet", "尚无封印";
        seals_empty_help: "The books are sealed once a day, soon after midnight UTC, and sent out of the database. At once: tollgate ledger seal.", "账目每天在 UTC 零点后封印一次，并发送到数据库之外。立即封印：tollgate ledger seal。";
        seals_late: "{number} have not arrived", "{number} 份未送达";
        silent: "Silent", "无响应";
        fenced: "Shut out", "已隔离";
        state: "State", "状态";
        state_view: "Overview", "概览";
        title: "Books", "账目";
        took: "Took", "用时";
        tries: "tried {number} times", "已尝试 {number} 次";
        verifications: "Verifications", "校验记录";
        verify: "Verify now", "立即校验";
        verify_how: "How much", "校验范围";
        verifying: "A verification runs", "正在校验";
        waits: "Waits", "等待中";
        public_key: "Ed25519 public key", "Ed25519 公钥";
    }
}

texts! {
    /// Entries that could not be booked.
    LetterTexts {
        all: "All", "全部";
        booked: "Booked", "已入账";
        booked_toast: "The request is booked", "请求已入账";
        conflict: "Differs from what is booked", "与已入账内容不同";
        empty: "No dead letters", "没有死信";
        empty_help: "Every request that was relayed could be booked.", "所有已转发的请求均已入账。";
        entry: "The journal’s entry", "日志条目";
        give_up: "Give up", "放弃";
        give_up_help: "Nothing is booked of this request, and verification counts it as dealt with. It stands in the organisation’s audit log.", "该请求将不入账，校验视其为已处理，并记入该组织的审计日志。";
        given_up: "Given up", "已放弃";
        given_up_toast: "The letter was given up", "已放弃该死信";
        kind: "Why", "原因";
        open: "Open", "待处理";
        organisation: "Organisation", "组织";
        poison: "Can’t be booked", "无法入账";
        reason: "Why nothing is booked", "不入账的原因";
        request: "Request", "请求";
        retry: "Book it now", "重新入账";
        retry_help: "Through settlement, as if it came from its journal now. If it still can’t be booked, nothing changes and you are told why.", "按正常结算流程重新处理。若仍无法入账，不会改变任何内容，并说明原因。";
        since: "Since", "发生时间";
        title: "Dead letters", "死信";
        what: "What is wrong", "问题";
        worked_off: "Worked off", "处理情况";
    }
}

texts! {
    /// Past requests priced anew.
    RepricingTexts {
        after: "After", "之后";
        batch_of: "Batch {no}", "批次 {no}";
        before: "Before", "之前";
        book: "Book it", "入账";
        booked: "The re-pricing is booked", "重新计价已入账";
        change: "Difference", "差额";
        changed_since: "Look again before you book it", "入账前请重新查看";
        charge: "Charged", "收入";
        closed: "{number} of closed months: they count in the month in which they are booked", "其中 {number} 个属于已关账月份，计入入账当月";
        cost: "Upstream cost", "上游成本";
        days_help: "Whole days of UTC, the requests’ own.", "按请求自身的 UTC 日期。";
        empty: "No re-pricings yet", "尚无重新计价";
        empty_help: "Where a price came late or was wrong, the requests of that time are priced anew here: looked at first, booked as corrections then. What was booked before stays as it is.", "价格补录或更正后，可在此对当时的请求重新计价：先预览，再以更正分录入账，原有账目不变。";
        first: "Requests that change", "将改变的请求";
        first_of: "The first {shown} of {all}", "前 {shown} 个，共 {all} 个";
        from: "From", "起始日";
        intro: "Past requests by other prices, as corrections that point at what they correct.", "按其他价格重新计算过去的请求，并以指向原分录的更正入账。";
        late: "Closed month", "已关账";
        look: "Show what would change", "预览变化";
        looked_at: "{number} requests looked at", "已查看 {number} 个请求";
        make: "Price anew", "重新计价";
        model: "Model", "模型";
        model_help: "As clients ask for it; all if empty.", "客户端请求的名称，留空则为全部。";
        nothing: "Nothing would change", "没有变化";
        organisation: "Organisation", "组织";
        choose: "Choose an organisation", "选择组织";
        period: "Requests of", "请求时段";
        prices_at: "By the prices of", "采用何日价格";
        prices_at_help: "Those of now if empty.", "留空则为当前价格。";
        reason: "Why", "原因";
        reason_help: "It stands in the ledger and in the organisation’s audit log.", "将记入账本和该组织的审计日志。";
        requests: "Requests", "请求";
        request: "Request", "请求";
        title: "Re-pricing", "重新计价";
        to: "Up to and with", "截止日（含）";
        unpriced: "{number} have no price: they stay as they are", "{number} 个没有价格，保持不变";
        when: "Booked", "入账时间";
    }
}
