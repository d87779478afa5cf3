//! Where a request would go, and why accounts do not get one.

use super::texts;

texts! {
    /// Where a request would go, and why accounts do not get one.
    ExplainTexts {
        as_of: "As of", "截至";
        ask: "Ask the scheduler", "询问调度器";
        goes_to: "Goes to", "发往";
        intro: "Where would this request go now? Nothing is sent to any vendor.", "这个请求现在会发往哪里？不会向任何供应商发送请求。";
        key: "Key", "密钥";
        key_help: "Its bindings count.", "会考虑其绑定。";
        key_none: "None", "不指定";
        model: "Model", "模型";
        others: "{number} other accounts", "其他 {number} 个账户";
        out_cap: "Full", "已满";
        out_daily_cap: "Daily cap", "每日上限";
        out_fair_share: "Fair share", "公平份额";
        out_later: "Comes later", "优先级较低";
        out_model: "Not this model", "不提供该模型";
        out_not_bound: "Not bound", "未绑定";
        out_not_chosen: "Passed over", "未选中";
        out_other_platform: "Other platform", "其他平台";
        out_own_only: "Own accounts only", "仅限自有账户";
        out_pinned: "Lies elsewhere", "对象在其他账户";
        out_probed: "Being tried", "正在探测";
        out_state: "Out", "暂不可用";
        out_token: "No token", "无令牌";
        out_tried: "Tried", "已尝试";
        out_unschedulable: "Paused", "已暂停";
        out_unusable: "Unusable", "无法使用";
        out_window: "Window used up", "窗口用尽";
        path: "Client's format", "客户端格式";
        path_default: "Claude Messages", "Claude Messages";
        path_help: "Decides where a model goes whose name says nothing of its platform.", "模型名称无法判断平台时，由格式决定。";
        reason: "Why", "原因";
        recovers: "First recovery", "最早恢复";
        title: "Dry run", "调度试算";
        why_all_tried: "all accounts were tried already", "所有账户都已尝试过";
        why_all_unavailable: "none of the accounts that offer it can take it now", "提供该模型的账户目前都不可用";
        why_bound: "the key is bound to it", "密钥绑定到它";
        why_least_load: "of equals it had the least load for its weight", "在同级账户中按权重负载最低";
        why_model_not_allowed: "the key’s rules don’t allow the model", "密钥规则不允许该模型";
        why_none_configured: "there is no account that it could go to", "没有可用的账户";
        why_none_offers_model: "no account offers the model", "没有账户提供该模型";
        why_only_candidate: "it is the only one that can take it", "它是唯一可用的账户";
        why_pinned: "what the request names lies there", "请求引用的对象位于该账户";
        why_priority: "of those available it comes first", "在可用账户中优先级最高";
        why_service_not_allowed: "the key may not use a service that has it", "密钥不可使用提供该模型的服务";
        why_sticky: "it served this conversation before", "此前由它处理该会话";
    }
}
