//! Platforms, their credentials, and where those are found.

use super::texts;

texts! {
    /// Platforms, their credentials, and where those are found.
    PlatformTexts {
        azure_openai: "Azure OpenAI", "Azure OpenAI";
        azure_openai_help: "OpenAI's models on your own resource at Azure; each model has a deployment.", "您自己的 Azure 资源上的 OpenAI 模型；每个模型对应一个部署。";
        bedrock: "Amazon Bedrock", "Amazon Bedrock";
        bedrock_help: "Claude and other models in an AWS region.", "AWS 区域中的 Claude 和其他模型。";
        ccr: "Claude relay", "Claude 中转";
        ccr_help: "Another relay that speaks Claude's format, such as Claude Relay Service.", "使用 Claude 格式的其他中转服务，例如 Claude Relay Service。";
        claude_console: "Claude Console", "Claude Console";
        claude_console_help: "Anthropic's API, or a service that speaks its format, with an API key of your own.", "Anthropic 的 API 或兼容其格式的服务，使用您自己的 API 密钥。";
        claude_official: "Claude subscription", "Claude 订阅";
        claude_official_help: "A Claude Pro or Max subscription, with its token.", "Claude Pro 或 Max 订阅，使用其令牌。";
        find_aws_keys: "In the AWS console under IAM → Users → Security credentials. They need the right to bedrock:InvokeModel and bedrock:InvokeModelWithResponseStream.", "在 AWS 控制台的 IAM → 用户 → 安全凭证中创建，需有 bedrock:InvokeModel 和 bedrock:InvokeModelWithResponseStream 权限。";
        find_azure_key: "In the Azure portal at your resource, under Keys and Endpoint.", "在 Azure 门户的资源中，位于“密钥和终结点”。";
        find_bedrock_key: "In the Bedrock console under API keys.", "在 Bedrock 控制台的 API 密钥中创建。";
        find_ccr_key: "A key of the other relay.", "另一中转服务的密钥。";
        find_claude_key: "In Anthropic's console under API keys, or from the service you use.", "在 Anthropic 控制台的 API 密钥中创建，或由所用服务提供。";
        find_claude_token: "Run “claude setup-token” where Claude Code is installed, and paste what it prints.", "在已安装 Claude Code 的环境中运行“claude setup-token”，并粘贴其输出。";
        find_entra_token: "az account get-access-token --resource https://cognitiveservices.azure.com; it ends after about an hour.", "az account get-access-token --resource https://cognitiveservices.azure.com；约一小时后失效。";
        find_gemini_key: "In Google AI Studio under API keys.", "在 Google AI Studio 的 API 密钥中创建。";
        find_google_token: "gcloud auth print-access-token, signed in with the account that has Code Assist; it ends after about an hour.", "以拥有 Code Assist 的账号登录后运行 gcloud auth print-access-token；约一小时后失效。";
        find_openai_key: "At platform.openai.com under API keys, or from the service you use.", "在 platform.openai.com 的 API 密钥中创建，或由所用服务提供。";
        gemini: "Gemini", "Gemini";
        gemini_help: "Google's Gemini, with an API key or through Code Assist.", "Google 的 Gemini，使用 API 密钥或通过 Code Assist。";
        kind_api_key: "API key", "API 密钥";
        kind_aws_keys: "AWS access keys", "AWS 访问密钥";
        kind_bedrock_key: "Bedrock API key", "Bedrock API 密钥";
        kind_entra_token: "Entra ID token", "Entra ID 令牌";
        kind_google_token: "Google token (Code Assist)", "Google 令牌（Code Assist）";
        kind_token: "Token", "令牌";
        find_entra_app: "In the Azure portal under App registrations; the application needs the role Cognitive Services OpenAI User on the resource.", "在 Azure 门户的“应用注册”中；该应用需要在资源上具有 Cognitive Services OpenAI User 角色。";
        find_oauth: "Connected at the vendor's own page. To replace it, connect the account anew.", "通过供应商页面连接。如需更换，请重新连接账户。";
        find_role: "The keys must be allowed to assume the role: sts:AssumeRole. The role needs the rights to Bedrock.", "这些密钥需要有权担任该角色（sts:AssumeRole），角色需要 Bedrock 权限。";
        kind_entra_app: "Application at Entra ID", "Entra ID 应用";
        kind_oauth: "Connected by sign-in", "登录授权";
        kind_role: "AWS role", "AWS 角色";
        openai: "OpenAI", "OpenAI";
        openai_help: "OpenAI's Chat Completions, or a service that speaks them.", "OpenAI 的 Chat Completions，或兼容的服务。";
        openai_responses: "OpenAI Responses", "OpenAI Responses";
        service_claude: "Claude", "Claude";
        service_gemini: "Gemini", "Gemini";
        service_openai: "OpenAI", "OpenAI";
        openai_responses_help: "OpenAI's Responses, or a service that speaks them.", "OpenAI 的 Responses，或兼容的服务。";
    }
}
