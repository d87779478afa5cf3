//! API keys, and how to set clients up with them.

use super::texts;

texts! {
    /// API keys.
    KeyTexts {
        active: "Active", "启用";
        active_help: "Requests are taken.", "接收请求。";
        bin: "Recycle bin", "回收站";
        bin_empty: "The recycle bin is empty", "回收站为空";
        bin_empty_help: "Deleted keys wait here until their day comes; until then they can be restored.", "已删除的密钥会在此保留到期限，其间可以恢复。";
        bindings: "Accounts it may use", "可用账户";
        bindings_help: "Bound to an account or group, its requests of that service go nowhere else.", "绑定到账户或分组后，该服务的请求只会发送到那里。";
        bound_account: "Account: {name}", "账户：{name}";
        bound_granted: "Shared group: {name}", "共享分组：{name}";
        bound_group: "Group: {name}", "分组：{name}";
        bound_to_all: "All", "全部";
        bound_unknown: "As it is", "保持不变";
        budgets: "Budgets", "预算";
        cost_centre: "Cost centre", "成本中心";
        cost_centre_help: "Where its usage is charged.", "其用量计入何处。";
        create: "Create a key", "创建密钥";
        create_short: "Create key", "创建密钥";
        create_intro: "For one person or one program, so that it can be switched off alone.", "供一个人或一个程序使用，便于单独停用。";
        created_title: "Key “{name}” is ready", "密钥“{name}”已创建";
        created: "Created", "创建时间";
        delete_effect: "Clients that use it are refused at once. {used} It can be restored from the recycle bin for some weeks.", "使用它的客户端会立即被拒绝。{used}数周内可从回收站恢复。";
        delete_title: "Delete the key “{name}”?", "删除密钥“{name}”？";
        delete_used: "It was used {requests} times today, last {when}.", "今日已使用 {requests} 次，最近一次：{when}。";
        delete_used_before: "It was used last {when}.", "最近一次使用：{when}。";
        delete_unused: "It was never used.", "它从未被使用过。";
        delete_verb: "Delete the key", "删除密钥";
        deleted: "Key “{name}” was deleted", "已删除密钥“{name}”";
        deleted_at: "Deleted", "删除时间";
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
        expires_first_use: "Days from its first use", "首次使用后的天数";
        expires_first_use_words: "{days} days from its first use", "首次使用后 {days} 天";
        expires_never: "Never", "永不";
        frees: "Room again {when}", "{when}恢复";
        grace: "The old secret works on for", "旧密钥继续有效";
        grace_days: "{days} days", "{days} 天";
        grace_hour: "One hour", "一小时";
        first_fit: "The first {shown}; type to find others", "仅显示前 {shown} 项，输入以查找更多";
        grace_none: "Not at all", "立即失效";
        icon: "Icon", "图标";
        icon_help: "An emoji or a few letters.", "一个表情符号或几个字母。";
        last_used: "Last used", "最近使用";
        limits: "Limits", "限额";
        limits_now: "Limits now", "当前限额使用情况";
        limits_none: "No limit holds for it.", "没有适用的限额。";
        more: "Labels, owner and expiry", "标签、所有者与到期";
        name: "Name", "名称";
        name_help: "Such as the person or program that uses it.", "例如使用它的人或程序。";
        never_used: "Never", "从未";
        old_secret: "{secret}, until", "{secret}，有效至";
        old_secrets: "Older secrets", "旧密钥";
        owner: "Owner", "所有者";
        owner_self: "Myself", "我自己";
        person_hint: "Name or e-mail address", "姓名或邮箱";
        policy: "Policy", "策略";
        policy_none: "None: the default’s rules", "无：使用默认策略规则";
        purge: "Delete for good", "彻底删除";
        purge_effect: "It can never be restored. Its bookings stay.", "之后无法恢复。已有记账会保留。";
        purge_title: "Delete “{name}” for good?", "彻底删除“{name}”？";
        purged: "“{name}” is gone for good", "“{name}”已彻底删除";
        purged_at: "Gone for good", "彻底删除时间";
        all_requests: "All requests of this key", "此密钥的全部请求";
        usage_page: "Usage of this key in full", "查看此密钥的完整用量";
        recent: "Its requests", "它的请求";
        recent_none: "No request yet.", "尚无请求。";
        restore: "Restore", "恢复";
        restored: "“{name}” is restored", "“{name}”已恢复";
        rotate: "New secret", "更换密钥";
        rotate_intro: "Clients need the new secret before the old one ends.", "请在旧密钥失效前为客户端换上新密钥。";
        rotate_title: "New secret for “{name}”", "为“{name}”更换密钥";
        rotated_title: "The new secret of “{name}”", "“{name}”的新密钥";
        rules: "Rules", "规则";
        save: "Save key", "保存密钥";
        saved: "Key “{name}” was saved", "已保存密钥“{name}”";
        search: "Search keys", "搜索密钥";
        secret: "Secret", "密钥";
        status: "State", "状态";
        subject_key: "This key", "此密钥";
        subject_tenant: "Organisation", "组织";
        subject_user: "Its owner", "所有者";
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
    /// Many keys at once, and what members may do by themselves.
    KeysTexts {
        act_cost_centre: "Set the cost centre", "设置成本中心";
        act_expiry: "Set the expiry", "设置到期时间";
        act_owner: "Give to somebody", "更改所有者";
        act_policy: "Set the policy", "设置策略";
        act_rules: "Replace rules", "替换规则";
        act_tag: "Add labels", "添加标签";
        act_untag: "Take labels away", "移除标签";
        columns: "Columns", "列";
        count: "How many", "数量";
        create: "Create several", "批量创建";
        create_intro: "All of them are made, or none; their secrets are shown once, as a file.", "要么全部创建，要么都不创建；密钥以文件形式只提供一次。";
        created_title: "Keys are ready: {number}", "密钥已创建：{number} 个";
        created_help: "These secrets can’t be shown again. Save the file now.", "这些密钥无法再次显示，请立即保存文件。";
        delete_effect: "Clients that use them are refused at once. They can be restored from the recycle bin for some weeks.", "使用它们的客户端会立即被拒绝。数周内可从回收站恢复。";
        delete_title: "Delete {number} keys?", "删除 {number} 个密钥？";
        file_saved: "The file is stored", "文件已保存";
        first: "First number", "起始编号";
        list: "Names, one a line", "名称，每行一个";
        names: "Names", "名称";
        names_list: "From a list", "按列表";
        names_pattern: "From a pattern", "按模式";
        own_closed: "Your organisation lets members make no keys of their own. Ask an admin.", "您的组织不允许成员自行创建密钥，请联系管理员。";
        own_concurrency: "at most {number} requests at a time", "并发最多 {number} 个请求";
        own_full: "You have all {number} keys that a member may have.", "您已拥有成员可持有的全部 {number} 个密钥。";
        own_keys: "{left} of {number} keys left", "还可创建 {left} 个，共 {number} 个";
        own_lifetime: "keys live at most {days} days", "密钥有效期最长 {days} 天";
        own_rule: "What you may do: {rules}.", "您可以：{rules}。";
        own_services: "services: {list}", "服务：{list}";
        own_windows: "at most {list}", "最多 {list}";
        pattern: "Pattern", "模式";
        pattern_help: "{n} stands for each key’s number.", "{n} 代表每个密钥的编号。";
        purge_effect: "They can never be restored. Their bookings stay.", "之后无法恢复。已有记账会保留。";
        purge_title: "Delete {number} keys for good?", "彻底删除 {number} 个密钥？";
        save_file: "Save the secrets", "保存密钥文件";
        beyond_windows: "Members need a limit of at most {list} here", "成员必须在此设置不超过 {list} 的限额";
        beyond_services: "Members may use {list} alone", "成员只能使用 {list}";
        beyond_concurrency: "Members may have at most {number} requests at a time", "成员并发最多 {number} 个请求";
        beyond_lifetime: "Members’ keys must expire within {days} days", "成员的密钥必须在 {days} 天内到期";
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
