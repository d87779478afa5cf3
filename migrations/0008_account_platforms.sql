-- What accounts of all platforms need beside a base URL and an API key. Columns are added alone: a node of before goes on
-- writing accounts with API keys, which is what the default says of them. The table has some dozens of rows a tenant, so
-- that the checks are read through at once.

ALTER TABLE accounts
  -- How `credential` is to be read once it is opened: api_key and bearer_token are the text itself; aws_keys is JSON,
  -- {"access_key_id": …, "secret_access_key": …} and, for temporary keys, "session_token".
  ADD COLUMN credential_kind      text NOT NULL DEFAULT 'api_key'
                                  CHECK (credential_kind IN ('api_key', 'bearer_token', 'aws_keys')),
  -- Of Bedrock.
  ADD COLUMN region               text CHECK (region ~ '^[a-z0-9-]{1,32}$'),
  -- Of Azure; NULL: its v1 API, which needs none.
  ADD COLUMN api_version          text CHECK (api_version ~ '^[a-z0-9-]{1,32}$'),
  -- Of Gemini's Code Assist.
  ADD COLUMN project              text CHECK (length(project) BETWEEN 1 AND 100),
  -- Headers that are added to requests: JSON {"name": "value"}, sealed like `credential` and bound to this column, since
  -- values may be secrets. NULL: none.
  ADD COLUMN extra_headers        bytea,
  -- Their names, which may be shown.
  ADD COLUMN extra_header_names   text[] NOT NULL DEFAULT '{}',
  -- NULL: the node's settings.
  ADD COLUMN first_byte_timeout_s integer CHECK (first_byte_timeout_s BETWEEN 1 AND 3600),
  ADD COLUMN idle_timeout_s       integer CHECK (idle_timeout_s BETWEEN 1 AND 3600);
