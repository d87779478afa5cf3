//! What keys may do, and how much of it.

use super::texts;

texts! {
    /// Rules of keys and policies.
    RuleTexts {
        add_window: "Add a window", "添加窗口";
        addresses: "Addresses", "来源地址";
        addresses_help: "Addresses and networks such as 192.0.2.1 or 2001:db8::/32; none listed: from anywhere.", "地址或网段，例如 192.0.2.1 或 2001:db8::/32；未列出则不限来源。";
        agents: "Other clients by user-agent", "其他客户端的 user-agent";
        all_models: "All models", "全部模型";
        all_services: "All services", "全部服务";
        amount_request: "1 request", "1 次请求";
        amount_requests: "{number} requests", "{number} 次请求";
        amount_tokens: "{number} tokens", "{number} Token";
        any_client: "Any client", "任意客户端";
        anywhere: "From anywhere", "不限来源";
        as_it_is: "As it is", "保持不变";
        as_it_is_help: "Each key keeps its own.", "各密钥保持各自的设置。";
        at_a_time: "{number} at a time", "并发 {number}";
        clients: "Clients", "客户端";
        clients_help: "None listed: any. A client’s header can be forged: this guides, it does not secure.", "未列出则不限。客户端请求头可以伪造：此项仅作引导，不能保障安全。";
        concurrency: "Requests at a time", "并发请求数";
        day: "Day", "日";
        dollars: "US dollars", "美元";
        from_default: "from the default policy", "来自默认策略";
        from_key: "of the key itself", "密钥自身设置";
        from_policy: "from the policy “{name}”", "来自策略“{name}”";
        hour: "Hour", "小时";
        inherited: "Inherited", "继承";
        inherited_help: "Their policy or the default says it again.", "恢复由策略或默认策略决定。";
        limit: "At a time", "并发上限";
        minute: "Minute", "分钟";
        models: "Models", "模型";
        models_allowed: "Models allowed", "允许的模型";
        models_allowed_help: "Patterns, Enter after each; * stands for any text. None listed: all.", "填写匹配模式，每个按回车；* 代表任意文本。未列出则允许全部。";
        models_denied: "Models denied", "禁止的模型";
        models_denied_help: "Whatever else allows them. None listed: none is denied.", "优先于其他任何允许规则。未列出则不禁止。";
        month: "30 days", "30 天";
        none: "None", "无";
        none_set: "No restriction is set.", "未设置任何限制。";
        not_set: "Not set", "未设置";
        other_client: "Another client", "其他客户端";
        own: "Own", "自定义";
        per_day: "{amount} a day", "每日 {amount}";
        per_hour: "{amount} an hour", "每小时 {amount}";
        per_minute: "{amount} a minute", "每分钟 {amount}";
        per_month: "{amount} in 30 days", "每 30 天 {amount}";
        per_week: "{amount} a week", "每周 {amount}";
        queue: "Waiting, at most", "最多排队";
        queue_words: ", {number} more wait up to {seconds} s", "，另有 {number} 个最多等待 {seconds} 秒";
        remove_window: "Remove this window", "移除此窗口";
        replaced: "Replace", "替换";
        services: "Services", "服务";
        services_help: "None ticked: all services.", "未勾选则为全部服务。";
        set: "Set", "设置";
        span: "Length", "时长";
        wait: "Wait, seconds", "等待秒数";
        week: "Week", "周";
        windows: "Limits over time", "时段限额";
        windows_help: "Sliding: in any stretch of that length. Leave amounts empty that are not limited.", "滑动窗口：任意一段该时长内。不限的数量留空。";
    }
}
