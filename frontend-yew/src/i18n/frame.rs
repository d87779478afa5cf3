//! What stands around every page.

use super::texts;

texts! {
    /// What stands around every page.
    FrameTexts {
        accounts: "Accounts", "上游账户";
        keys: "Keys", "密钥";
        language: "Language", "语言";
        main_navigation: "Main navigation", "主导航";
        more: "More", "更多";
        not_found: "There is no such page", "页面不存在";
        not_found_help: "The address may be misspelt, or the page is gone.", "地址可能有误，或者页面已被移除。";
        not_found_action: "Go to the overview", "前往概览";
        outdated: "A newer version is here. Reload when it suits you.", "有新版本可用，请在方便时刷新页面。";
        overview: "Overview", "概览";
        palette_hint: "Go to a page or do something …", "跳转页面或执行操作……";
        profile: "Your sign-in", "当前登录";
        reload: "Reload", "刷新";
        requests: "Requests", "请求";
        role_admin: "Admin", "管理员";
        role_finance: "Finance", "财务";
        role_member: "Member", "成员";
        role_owner: "Owner", "所有者";
        search: "Search", "搜索";
        sign_out: "Sign out", "退出登录";
        skip: "Skip to content", "跳到正文";
        tenant: "Organisation", "组织";
        theme: "Theme", "主题";
        theme_dark: "Dark", "深色";
        theme_light: "Light", "浅色";
        theme_system: "As the system", "跟随系统";
        use_dark: "Use the dark theme", "使用深色主题";
        use_light: "Use the light theme", "使用浅色主题";
        use_system: "Use the system's theme", "使用系统主题";
        version_help: "The server's version", "服务器版本";
    }
}
