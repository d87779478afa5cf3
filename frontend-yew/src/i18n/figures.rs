//! Figures and charts.

use super::texts;

texts! {
    /// Figures and charts.
    FigureTexts {
        against_yesterday: "vs yesterday so far", "较昨日同时段";
        as_chart: "Chart", "图表";
        as_table: "Table", "表格";
        before: "Yesterday up to this time: {figure}", "昨日同时段：{figure}";
        cache_read: "Cache read", "缓存读取";
        cache_write: "Cache write", "缓存写入";
        cache_write_1h: "Cache write, 1 h", "缓存写入（1 小时）";
        cache_write_5m: "Cache write, 5 min", "缓存写入（5 分钟）";
        cost: "Cost", "费用";
        failed: "Failed", "失败";
        input: "Input", "输入";
        no_comparison: "Nothing yesterday to compare with", "昨日无数据可比";
        output: "Output", "输出";
        range: "Time range", "时间范围";
        range_24h: "24 hours", "24 小时";
        range_30d: "30 days", "30 天";
        range_7d: "7 days", "7 天";
        requests: "Requests", "请求";
        time: "Time", "时间";
        tokens: "Tokens", "Token";
        view: "View", "视图";
    }
}
