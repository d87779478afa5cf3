//! Proxies and groups.

use super::texts;

texts! {
    /// Proxies.
    ProxyTexts {
        add: "Add a proxy", "添加代理";
        delete_effect: "It must not be used by any account. This can't be undone.", "不能有账户正在使用它。此操作无法撤销。";
        delete_title: "Delete the proxy “{name}”?", "删除代理“{name}”？";
        delete_verb: "Delete the proxy", "删除代理";
        deleted: "Proxy “{name}” was deleted", "已删除代理“{name}”";
        edit_title: "Edit “{name}”", "编辑“{name}”";
        empty_help: "Accounts can be reached through a proxy of their own.", "账户可以通过各自的代理连接。";
        empty_title: "No proxy yet", "尚无代理";
        form_intro: "Several accounts may share it. The password is stored encrypted and never shown again.", "多个账户可共用。密码加密保存，不再显示。";
        host: "Host", "主机";
        host_help: "A name or an address alone.", "仅填写名称或地址。";
        intro: "An account with a proxy is never reached around it.", "设置了代理的账户绝不会绕过代理连接。";
        last_test: "Last test", "最近测试";
        name: "Name", "名称";
        password: "Password", "密码";
        password_keep: "Leave empty to keep the stored one. Another host, port or kind asks for it anew.", "留空则保留已存密码。更改主机、端口或类型时需重新输入。";
        port: "Port", "端口";
        save: "Save proxy", "保存代理";
        saved: "Proxy “{name}” was saved", "已保存代理“{name}”";
        scheme: "Kind", "类型";
        scheme_http: "HTTP (CONNECT)", "HTTP（CONNECT）";
        scheme_https: "HTTPS: CONNECT over TLS", "HTTPS：经 TLS 的 CONNECT";
        scheme_socks5: "SOCKS5, names resolved here", "SOCKS5，在本地解析域名";
        scheme_socks5h: "SOCKS5, names resolved by the proxy", "SOCKS5，由代理解析域名";
        sign_in: "Signs in as", "登录用户";
        test: "Test", "测试";
        test_bad: "It does not work: {why}", "无法使用：{why}";
        test_good: "It works: {target} answered in {time}", "可以使用：{target} 在 {time} 内响应";
        title: "Proxies", "代理";
        untested: "Not tested", "未测试";
        used_by: "Accounts", "账户数";
        username: "User", "用户名";
        works: "Works", "可用";
    }
}

texts! {
    /// Groups of accounts.
    GroupTexts {
        add: "Add a group", "添加分组";
        delete_effect: "No key may be bound to it. Its accounts stay. This can't be undone.", "不能有密钥绑定到它。其账户会保留。此操作无法撤销。";
        delete_title: "Delete the group “{name}”?", "删除分组“{name}”？";
        delete_verb: "Delete the group", "删除分组";
        deleted: "Group “{name}” was deleted", "已删除分组“{name}”";
        edit_title: "Edit “{name}”", "编辑“{name}”";
        empty_help: "A key that is bound to a group uses its accounts and no others.", "绑定到分组的密钥只使用该分组的账户。";
        empty_title: "No group yet", "尚无分组";
        form_intro: "Accounts that are used together. Keys can be bound to it.", "一起使用的账户。密钥可绑定到分组。";
        granted: "Shared with you", "共享给您的分组";
        granted_help: "Groups of the platform's own accounts that you may use as well; yours go first.", "您也可以使用的平台账户分组；优先使用您自己的账户。";
        intro: "Accounts that are used together, with priorities of their own.", "一起使用的账户，可有各自的优先级。";
        keys: "Bound keys", "绑定的密钥";
        member_add: "Add an account …", "添加账户……";
        members: "Accounts", "账户";
        members_help: "A priority given here counts in this group in place of the account's own.", "此处填写的优先级在本分组内替代账户自身的优先级。";
        name: "Name", "名称";
        nobody: "None", "无";
        priority: "Priority in this group", "在本分组的优先级";
        priority_of: "Priority of {name} in this group", "{name} 在本分组的优先级";
        priority_own: "Priority: its own", "优先级：自身";
        save: "Save group", "保存分组";
        saved: "Group “{name}” was saved", "已保存分组“{name}”";
        service: "Service", "服务";
        service_help: "The family of platforms its accounts are of; it stays.", "其账户所属的平台系列，之后不能更改。";
        since: "Since", "开始于";
        title: "Groups", "账户分组";
    }
}
