//! Words that parts and pages share.

use super::texts;

texts! {
    /// Words that parts and pages share.
    SharedTexts {
        any: "Any", "不限";
        cancel: "Cancel", "取消";
        clear_filters: "Clear filters", "清除筛选";
        close: "Close", "关闭";
        copied: "Copied", "已复制";
        copy: "Copy", "复制";
        copy_failed: "The browser refused to copy. Select the text and copy it by hand.", "浏览器拒绝复制，请手动选中文本后复制。";
        count_of: "{shown} of {total}", "显示 {shown} 条，共 {total} 条";
        count_shown: "{shown} shown", "显示 {shown} 条";
        delete: "Delete", "删除";
        discard: "Discard", "放弃";
        discard_question: "Discard what you entered?", "放弃已填写的内容？";
        done: "Done", "完成";
        edit: "Edit", "编辑";
        filters: "Filters", "筛选";
        first_page: "First page", "第一页";
        keep_editing: "Keep editing", "继续编辑";
        load_failed: "This could not be loaded", "加载失败";
        loading: "Loading …", "加载中……";
        newest: "Load the newest", "加载最新内容";
        newest_effect: "Someone else changed it meanwhile. The newest takes the place of what you entered.", "其他人已在此期间修改。加载最新内容会替换您填写的内容。";
        newest_help: "Changed meanwhile:", "期间已变更：";
        next: "Next", "下一页";
        nothing_found: "Nothing found", "没有找到结果";
        nothing_matches: "Nothing matches these filters", "没有符合筛选条件的内容";
        nothing_matches_help: "Take a filter away, or clear them all.", "请移除某个筛选条件，或清除全部筛选。";
        open_menu: "Actions for {name}", "“{name}”的操作";
        optional: "optional", "选填";
        previous: "Previous", "上一页";
        remove: "Remove {name}", "移除 {name}";
        request_id: "Request id", "请求 ID";
        retry: "Try again", "重试";
        search_help: "Searches as you type", "输入时即时搜索";
        secret_once: "This secret is shown only once. Copy it now and store it where your client reads it.", "此密钥只显示这一次。请立即复制，并保存到客户端读取的位置。";
        secret_stored: "I have stored it", "我已保存";
        type_name: "Type “{name}” to confirm", "输入“{name}”以确认";
        unlimited: "No limit", "不限";
        unreachable: "Tollgate can't be reached", "无法连接 Tollgate";
        unreachable_help: "Your session is kept. Check the connection and try again.", "您的登录状态已保留。请检查网络后重试。";
    }
}
