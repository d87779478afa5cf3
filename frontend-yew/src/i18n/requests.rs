//! The request log.

use super::texts;

texts! {
    /// The request log.
    RequestTexts {
        account: "Account", "账户";
        account_none: "None reached", "未到达任何账户";
        answer: "Answer", "响应";
        arithmetic: "What it cost", "费用计算";
        attempts: "Accounts tried", "尝试账户数";
        batch: "Batch", "批次";
        booked: "Booked", "记账时间";
        client: "Client", "客户端";
        client_request_id: "The client's own id", "客户端请求 ID";
        corrections: "Put right later", "事后更正";
        cost_centre: "Cost centre", "成本中心";
        custom: "Days", "指定日期";
        day_from: "From", "开始";
        day_to: "To", "结束";
        details: "Details", "详情";
        duration: "Duration", "耗时";
        empty_action: "Create a key", "创建密钥";
        empty_help: "Each relayed request appears here within a second or two, failed ones included.", "每个转发的请求（包括失败的）会在一两秒内出现在这里。";
        empty_title: "No requests in this range", "此时间范围内没有请求";
        error: "Error", "错误";
        explanation: "Why this account", "为何选用此账户";
        filter_apply: "Filter", "筛选";
        filter_charge: "USD, at least", "费用下限（美元）";
        filter_http: "HTTP status", "HTTP 状态";
        filter_id: "Request id, ours or the client's", "请求 ID（网关或客户端）";
        filter_ms: "Milliseconds, at least", "耗时下限（毫秒）";
        first_byte: "First byte", "首字节";
        key: "Key", "密钥";
        meter: "Tokens", "Token";
        model: "Model", "模型";
        model_sent: "Model sent", "发送的模型";
        path: "Path", "路径";
        plain: "Plain", "非流式";
        price: "Per million", "每百万单价";
        price_version: "Price version", "价格版本";
        quality_estimated: "Estimated", "估算";
        quality_estimated_help: "The answer broke off: the figures are reckoned from what was seen.", "响应中断，用量根据已收到的内容估算。";
        quality_exact: "Exact", "精确";
        quality_exact_help: "The vendor's own final figures.", "供应商的最终用量。";
        quality: "Figures", "用量来源";
        quantity: "Quantity", "数量";
        amount: "Amount", "金额";
        range_1h: "Last hour", "最近 1 小时";
        more_filters: "More filters", "更多筛选";
        range_between: "As linked", "链接指定的时段";
        range_24h: "Last 24 hours", "最近 24 小时";
        range_30d: "Last 30 days", "最近 30 天";
        range_7d: "Last 7 days", "最近 7 天";
        range_today: "Today", "今天";
        searched: "Searched back to {time}; nothing is known yet of what is older.", "已搜索至 {time}，更早的请求尚未查找。";
        search_on: "Search on", "继续搜索";
        refresh: "Refresh", "刷新";
        reserved: "Reserved for the worst case", "预留（最坏情况）";
        status: "Ended", "结果";
        status_client_error: "Faulty", "请求有误";
        status_client_error_help: "Refused as faulty.", "请求有误而被拒绝。";
        status_cut: "Cut off", "中断";
        status_cut_help: "The client left, or the gateway had to end it, before it was complete.", "完成之前客户端离开，或网关不得不终止。";
        status_ok: "Answered", "成功";
        status_ok_help: "Answered in full.", "完整响应。";
        status_timeout: "Timed out", "超时";
        status_timeout_help: "It took too long.", "耗时过长。";
        status_unknown: "Unknown", "未知";
        status_unknown_help: "The gateway ended before the vendor answered; to be reconciled with the vendor.", "供应商响应之前网关已结束，需与供应商对账。";
        status_upstream_error: "Vendor failed", "上游失败";
        status_upstream_error_help: "The vendor failed.", "供应商失败。";
        streamed: "Streamed", "流式";
        time: "Time", "时间";
        title: "Requests", "请求";
        tokens_in_out: "In → out", "输入 → 输出";
        total: "Charged", "合计扣费";
        vendor: "Vendor", "供应商";
        considered: "Who else was considered", "其他候选账户";
        failed_after: "{name} failed after {time}", "{name} 在 {time} 后失败";
        failed_before: "Tried before", "之前的尝试";
        failed_no_cost: "cost nothing", "未产生费用";
        failed_unknown_cost: "the vendor may bill it", "供应商可能计费";
        others: "{number} more were not looked at.", "另有 {number} 个未检查。";
        went_to: "Went to {name}: {why}.", "发往 {name}：{why}。";
    }
}
