//! API keys, and how to set clients up with them.

use super::texts;

texts! {
    /// API keys.
    KeyTexts {
        active: "Active", "启用";
        active_help: "Requests are taken.", "接收请求。";
        bindings: "Accounts it may use", "可用账户";
        bindings_help: "Bound to an account or group, its requests of that service go nowhere else.", "绑定到账户或分组后，该服务的请求只会发送到那里。";
        bound_account: "Account: {name}", "账户：{name}";
        bound_granted: "Shared group: {name}", "共享分组：{name}";
        bound_group: "Group: {name}", "分组：{name}";
        bound_to_all: "All", "全部";
        bound_unknown: "As it is", "保持不变";
        concurrency: "Requests at a time", "并发请求数";
        concurrency_help: "More are refused with 429; empty for no limit.", "超出部分返回 429；留空表示不限。";
        cost_centre: "Cost centre", "成本中心";
        cost_centre_help: "Where its usage is charged.", "其用量计入何处。";
        create: "Create a key", "创建密钥";
        create_short: "Create key", "创建密钥";
        create_intro: "For one person or one program, so that it can be switched off alone.", "供一个人或一个程序使用，便于单独停用。";
        created_title: "Key “{name}” is ready", "密钥“{name}”已创建";
        created: "Created", "创建时间";
        delete_effect: "Clients that use it are refused at once. {used} It can't be undone; its bookings stay.", "使用它的客户端会立即被拒绝。{used}此操作无法撤销；已有记账会保留。";
        delete_title: "Delete the key “{name}”?", "删除密钥“{name}”？";
        delete_used: "It was used {requests} times today, last {when}.", "今日已使用 {requests} 次，最近一次：{when}。";
        delete_used_before: "It was used last {when}.", "最近一次使用：{when}。";
        delete_unused: "It was never used.", "它从未被使用过。";
        delete_verb: "Delete the key", "删除密钥";
        deleted: "Key “{name}” was deleted", "已删除密钥“{name}”";
        description: "Description", "描述";
        disable: "Switch off", "停用";
        disabled: "Off", "停用";
        disabled_help: "Requests are refused until it is switched on again.", "重新启用之前请求会被拒绝。";
        disabled_toast: "“{name}” is switched off", "“{name}”已停用";
        edit_title: "Edit “{name}”", "编辑“{name}”";
        empty_help: "A client signs its requests with a key; its usage and limits are its own.", "客户端用密钥发送请求；每个密钥有自己的用量和限额。";
        empty_title: "No key yet", "尚无密钥";
        enable: "Switch on", "启用";
        enabled_toast: "“{name}” is switched on", "“{name}”已启用";
        expired: "Expired", "已过期";
        expired_help: "Its day has passed; requests are refused.", "已到期，请求会被拒绝。";
        expires: "Expires", "到期时间";
        expires_date: "On a day", "指定日期";
        expires_date_help: "At the end of that day in {zone}.", "{zone} 时区当日结束时。";
        expires_day: "Day", "日期";
        expires_days: "In {days} days", "{days} 天后";
        expires_never: "Never", "永不";
        last_used: "Last used", "最近使用";
        limits: "Limits", "限额";
        more: "Limits, expiry and labels", "限额、到期与标签";
        name: "Name", "名称";
        name_help: "Such as the person or program that uses it.", "例如使用它的人或程序。";
        never_used: "Never", "从未";
        owner: "Owner", "所有者";
        owner_self: "Myself", "我自己";
        per_minute: "{number} a minute", "每分钟 {number} 次";
        at_a_time: "{number} at a time", "并发 {number}";
        recent: "Its requests", "它的请求";
        requests_per_minute: "Requests per minute", "每分钟请求数";
        requests_per_minute_help: "In any 60 seconds; empty for no limit.", "任意 60 秒内；留空表示不限。";
        save: "Save key", "保存密钥";
        saved: "Key “{name}” was saved", "已保存密钥“{name}”";
        search: "Search keys", "搜索密钥";
        secret: "Secret", "密钥";
        status: "State", "状态";
        switched_on: "Switched on", "启用";
        switched_on_help: "Switched off, its requests are refused.", "关闭后其请求会被拒绝。";
        tag: "Label", "标签";
        tags: "Labels", "标签";
        tags_help: "Press Enter after each.", "每输入一个按回车。";
        title: "Keys", "密钥";
        today: "Today", "今日";
        usage_30d: "Last 30 days", "最近 30 天";
    }
}

texts! {
    /// Setting clients up.
    SnippetTexts {
        client: "Client", "客户端";
        mac: "macOS · Linux", "macOS · Linux";
        model: "Model", "模型";
        placeholder_help: "Put the key's secret in the place of {placeholder}.", "请将 {placeholder} 替换为密钥。";
        system: "Operating system", "操作系统";
        test: "Test it", "测试";
        test_failed: "Refused with status {status}", "被拒绝，状态码 {status}";
        test_failed_offline: "No answer came", "没有收到响应";
        test_good: "It works: answered in {time}", "测试成功：用时 {time}";
        test_help: "Sends one real, tiny request with this key from your browser; it is booked like any other.", "使用此密钥从浏览器发送一个真实的小请求，与其他请求一样记账。";
        test_log: "See it in the request log", "在请求日志中查看";
        test_tokens: "{input} tokens in, {output} out", "输入 {input} Token，输出 {output} Token";
        title: "Set up your client", "配置客户端";
        windows: "Windows", "Windows";
    }
}
