//! Usage and cost.

use super::texts;

texts! {
    /// Usage and cost.
    UsageTexts {
        all_rows: "Show more rows", "显示更多行";
        arithmetic: "Each figure leads to the requests behind it, and each of these to its arithmetic.", "每个数字都可查看其背后的请求，每个请求都有计费明细。";
        beside: "Compare with", "对比";
        beside_last_year: "Last year", "去年同期";
        beside_nothing: "Nothing", "不对比";
        beside_previous: "The range before", "上一时段";
        by: "By", "分组";
        by_account: "Account", "账户";
        by_client: "Program", "客户端程序";
        by_cost_centre: "Cost centre", "成本中心";
        by_key: "Key", "密钥";
        by_model: "Model", "模型";
        by_platform: "Platform", "平台";
        by_status: "Outcome", "结果";
        by_tag: "Tag", "标签";
        by_user: "Person", "人员";
        change: "Change", "变化";
        chart_label: "{what} over time, {range}", "{range}的{what}走势";
        client_claude_code: "Claude Code", "Claude Code";
        client_codex: "Codex", "Codex";
        client_gemini_cli: "Gemini CLI", "Gemini CLI";
        client_other: "Other programs", "其他程序";
        client_silly_tavern: "SillyTavern", "SillyTavern";
        days: "Days", "指定日期";
        empty_help: "Nothing was asked in this range, or the filters leave nothing.", "此时间范围内没有请求，或筛选后无结果。";
        empty_title: "No usage here", "没有用量";
        errors: "Failed", "失败";
        errors_faulty: "{number} faulty requests", "{number} 个有误的请求";
        estimated: "{number} estimated", "{number} 个为估算";
        first_byte: "first byte {time}", "首字节 {time}";
        late: "{number} booked late", "{number} 个延迟记账";
        lines_groups: "By group", "按分组";
        lines_total: "Total", "合计";
        lines: "Lines", "曲线";
        mean: "Mean {time}", "平均 {time}";
        none: "None", "无";
        others: "{number} others", "其他 {number} 项";
        previous: "Before", "上一时段";
        range_last_12_months: "12 months", "最近 12 个月";
        range_last_24_hours: "24 hours", "最近 24 小时";
        range_last_30_days: "30 days", "最近 30 天";
        range_last_7_days: "7 days", "最近 7 天";
        range_last_90_days: "90 days", "最近 90 天";
        range_last_month: "Last month", "上月";
        range_last_quarter: "Last quarter", "上季度";
        range_last_week: "Last week", "上周";
        range_last_year: "Last year", "去年";
        range_this_month: "This month", "本月";
        range_this_quarter: "This quarter", "本季度";
        range_this_week: "This week", "本周";
        range_this_year: "This year", "今年";
        range_today: "Today", "今天";
        range_yesterday: "Yesterday", "昨天";
        requests: "The requests", "查看请求";
        run_rate: "Leads to {figure} at this pace", "按此速度将达 {figure}";
        run_rate_help: "What was charged × the whole range ÷ the time that has passed, in seconds and rounded down.", "已扣费 × 整个时段 ÷ 已过时间（按秒，向下取整）。";
        share: "Share", "占比";
        step: "Each point", "每个点";
        step_auto: "Fitting", "自动";
        step_day: "A day", "天";
        step_hour: "An hour", "小时";
        step_month: "A month", "月";
        step_quarter: "A quarter", "季度";
        step_week: "A week", "周";
        step_year: "A year", "年";
        then_by: "Then by", "再分组";
        title: "Usage & cost", "用量与费用";
        total: "Total", "合计";
        twice: "Counted again for keys with several tags", "多标签密钥的重复计数";
        what: "Figure", "指标";
        zone: "Time zone", "时区";
        zone_own: "{zone} (the organisation's)", "{zone}（组织时区）";
    }
}
