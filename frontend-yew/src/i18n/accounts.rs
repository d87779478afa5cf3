//! Upstream accounts.

use super::texts;

texts! {
    /// Upstream accounts.
    AccountTexts {
        add: "Add an account", "添加账户";
        add_short: "Add account", "添加账户";
        add_intro: "Claude Console: a base URL and an API key of your own.", "Claude Console：您自己的基础地址和 API 密钥。";
        added: "Account “{name}” was added", "已添加账户“{name}”";
        api_key: "API key", "API 密钥";
        api_key_help: "Stored encrypted and never shown again.", "加密保存，不再显示。";
        api_key_keep_help: "Leave empty to keep the one that ends in {hint}. A new base URL asks for it anew.", "留空则保留以 {hint} 结尾的密钥。更改基础地址时需重新输入。";
        base_url: "Base URL", "基础地址";
        base_url_help: "/v1/messages is added to it.", "其后会加上 /v1/messages。";
        concurrency: "Requests at a time", "并发请求数";
        concurrency_help: "At most so many at once; empty for no limit.", "同时最多处理的请求数；留空表示不限。";
        credential: "Credential", "凭据";
        delete_effect: "Requests stop going to it at once. {used} requests went through it today. Its bookings stay. This can't be undone.", "将立即停止向其发送请求。今日已有 {used} 个请求经过它。已有记账会保留。此操作无法撤销。";
        delete_title: "Delete the account “{name}”?", "删除账户“{name}”？";
        delete_verb: "Delete the account", "删除账户";
        deleted: "Account “{name}” was deleted", "已删除账户“{name}”";
        description: "Description", "描述";
        edit_title: "Edit “{name}”", "编辑“{name}”";
        empty_help: "An account holds the credentials with which requests reach a vendor.", "账户保存请求到达供应商所用的凭据。";
        empty_title: "No account yet", "尚无账户";
        mapping: "Model mapping", "模型映射";
        mapping_help: "One a line: the model asked for = the model sent.", "每行一条：请求的模型 = 发送的模型。";
        models: "Models", "模型";
        models_help: "Press Enter after each. Empty: all of the platform's.", "每输入一个按回车。留空表示平台的全部模型。";
        models_all: "All of the platform's", "平台全部模型";
        more: "Routing, models and limits", "路由、模型与限额";
        name: "Name", "名称";
        pause: "Pause", "暂停";
        paused: "Paused", "已暂停";
        paused_help: "The scheduler does not use it until it is resumed.", "恢复之前调度器不会使用它。";
        paused_toast: "“{name}” takes no new requests", "“{name}”不再接收新请求";
        priority: "Priority", "优先级";
        priority_help: "1 is preferred, 100 comes last.", "1 最优先，100 最后。";
        reason: "Why", "原因";
        recent: "Its requests", "它的请求";
        reset: "Back into service", "恢复服务";
        reset_toast: "“{name}” is back in service", "“{name}”已恢复服务";
        resume: "Resume", "恢复";
        resumed_toast: "“{name}” takes requests again", "“{name}”重新接收请求";
        save: "Save account", "保存账户";
        saved: "Account “{name}” was saved", "已保存账户“{name}”";
        schedulable: "In use", "启用";
        schedulable_help: "Switched off, the scheduler leaves it alone.", "关闭后调度器不会使用它。";
        search: "Search accounts", "搜索账户";
        since: "Since", "开始于";
        state: "State", "状态";
        state_active: "Active", "正常";
        state_active_help: "Takes requests.", "可接收请求。";
        state_disabled: "Off", "已停用";
        state_disabled_help: "Switched off by an operator.", "已由运维人员停用。";
        state_faulty: "Faulty", "故障";
        state_faulty_help: "It failed repeatedly and is tried again later.", "多次失败，稍后重试。";
        state_overloaded: "Overloaded", "过载";
        state_overloaded_help: "The vendor is overloaded; it is tried again soon.", "供应商过载，稍后重试。";
        state_quota_exhausted: "Quota used up", "额度用尽";
        state_quota_exhausted_help: "The account's quota at the vendor is used up.", "账户在供应商处的额度已用尽。";
        state_rate_limited: "Rate-limited", "限流中";
        state_rate_limited_help: "The vendor asked to wait.", "供应商要求等待。";
        state_unauthorized: "Refused", "凭据被拒";
        state_unauthorized_help: "The vendor refuses the credential: enter a new one.", "供应商拒绝该凭据，请输入新的凭据。";
        test: "Test", "测试";
        test_running: "Sending one small request …", "正在发送一个小请求……";
        test_good: "It answers: {model} in {time}", "响应正常：{model}，用时 {time}";
        test_help: "Sends one real request for one token of output, paid at the vendor.", "发送一个真实请求（输出 1 个 Token），由供应商计费。";
        test_bad: "It does not answer as it should", "响应异常";
        title: "Accounts", "上游账户";
        today: "Today", "今日";
        until: "Until", "截止";
        weight: "Weight", "权重";
        weight_help: "Its share among accounts of the same priority.", "在相同优先级账户中的占比。";
    }
}
