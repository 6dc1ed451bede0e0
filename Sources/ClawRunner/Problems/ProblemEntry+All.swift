extension ProblemEntry {
    /// Every code that the daemon answers, by status.
    static let all: [ProblemEntry] = (market + ofReviewsAndWorkflows + ofOperators + ofVersions + ofSignatures).sorted {
        ($0.statuses[0], $0.code) < ($1.statuses[0], $1.code)
    }

    private static let market: [ProblemEntry] = [
        ProblemEntry(
            "malformed_request", 400,
            meaning: "The request is not HTTP, or its path or query is not percent-encoded UTF-8.",
            remedy: "Encode the path and every parameter; send no parameter twice."),
        ProblemEntry(
            "malformed_json", 400,
            meaning: "The body cannot be read as JSON.",
            remedy: "Send one JSON value in UTF-8, without a key that appears twice; detail says where reading ended.",
            fields: "line column"),
        ProblemEntry(
            "empty_body", 400,
            meaning: "The call needs a body and has none.",
            remedy: "Send the body that /openapi.json describes."),
        ProblemEntry(
            "invalid_parameter", 400,
            meaning: "A parameter of the query is unknown, missing or wrong.",
            remedy: "Take the names and values that detail lists.", fields: "parameter"),
        ProblemEntry(
            "invalid_cursor", 400,
            meaning: "The cursor is not one of this list in this order.",
            remedy: "Send nextCursor as it came, with the same filters, or begin without a cursor."),
        ProblemEntry(
            "invalid_idempotency_key", 400,
            meaning: "The Idempotency-Key is empty, too long or not visible ASCII.",
            remedy: "Send 1 to 255 visible ASCII characters, such as a UUID."),
        ProblemEntry(
            "malformed_package", 400,
            meaning: "The upload is no .tar.gz, or it is damaged.",
            remedy: "Pack the folder anew: clawrunner skill pack."),
        ProblemEntry(
            "api_key_required", 401,
            meaning: "No API key was sent.",
            remedy: "Send Authorization: Bearer and a key; POST /api/v1/agents/register gives the first one."),
        ProblemEntry(
            "invalid_authorization", 401,
            meaning: "Authorization is not Bearer and a key.",
            remedy: "Send Authorization: Bearer and the key, nothing else."),
        ProblemEntry(
            "api_key_malformed", 401,
            meaning: "What follows Bearer has not the form of a key.",
            remedy: "Send all 46 characters of the key, which begin with claw_live_."),
        ProblemEntry(
            "api_key_checksum", 401,
            meaning: "The key was mistyped or cut: its checksum does not fit.",
            remedy: "Copy the key again."),
        ProblemEntry(
            "api_key_unknown", 401,
            meaning: "No agent has this key, or it was revoked before the daemon's last start.",
            remedy: "Use another key of the agent."),
        ProblemEntry(
            "api_key_revoked", 401,
            meaning: "The key was revoked.",
            remedy: "Use another key of the agent."),
        ProblemEntry(
            "api_key_expired", 401,
            meaning: "The key's expiresAt has come.",
            remedy: "Use another key of the agent."),
        ProblemEntry(
            "operator_key_required", 401,
            meaning: "The operator key is needed and no key was sent.",
            remedy: "Send the key of operator.key in the data directory as Authorization: Bearer."),
        ProblemEntry(
            "purchase_required", 402,
            meaning: "The skill is another agent's, and no purchase token was sent.",
            remedy: "Buy the skill: POST /api/v1/marketplace/purchase; then send its token as X-Purchase-Token.",
            fields: "skillId pricing"),
        ProblemEntry(
            "insufficient_balance", 402,
            meaning: "The available balance is below the price.",
            remedy: "Have the balance topped up, or wait until runs under way are settled.",
            fields: "required available currency"),
        ProblemEntry(
            "usage_limit_reached", 402,
            meaning: "Every use of the licence is used or reserved.",
            remedy: "Buy another licence.", fields: "usageLimit currentUsage"),
        ProblemEntry(
            "budget_exceeded", 402,
            meaning: "A budget that the caller set itself does not allow it.",
            remedy: "Raise the budget with PUT /api/v1/budgets, or wait for its next period.",
            fields: "required left currency budget"),
        ProblemEntry(
            "license_expired", 402,
            meaning: "The subscription's paid time, and its grace, are over.",
            remedy: "Buy the skill again."),
        ProblemEntry(
            "payment_pending", 402,
            meaning: "The purchase is not paid yet.",
            remedy: "Pay it, and try again."),
        ProblemEntry(
            "max_cost_exceeded", 402,
            meaning: "The run could cost more than maxCost.",
            remedy: "Raise maxCost, or do without the run.", fields: "cost currency"),
        ProblemEntry(
            "max_price_exceeded", 402,
            meaning: "The licence, or with usage pricing a unit of a run, costs more than maxPrice.",
            remedy: "Raise maxPrice, or do without the purchase.", fields: "price currency"),
        ProblemEntry(
            "seller_balance_insufficient", 402,
            meaning: "The seller has not what the refund would take.",
            remedy: "Refund a smaller amount, or have the balance topped up.", fields: "required available"),
        ProblemEntry(
            "operator_only", 403,
            meaning: "An agent's key was sent where the operator key is needed.",
            remedy: "Ask the operator of the node."),
        ProblemEntry(
            "token_invalid", 403,
            meaning: "The token is not a purchase token of this market, or it was changed.",
            remedy: "Send the token as the purchase gave it; POST /api/v1/purchases/{id}/token gives another."),
        ProblemEntry(
            "token_of_another_agent", 403,
            meaning: "The token was issued to another agent.",
            remedy: "Buy the skill with the agent that calls."),
        ProblemEntry(
            "token_for_another_skill", 403,
            meaning: "The token is for another skill.",
            remedy: "Send the token of this skill."),
        ProblemEntry(
            "purchase_unknown", 403,
            meaning: "The token is sound, but this node has no such purchase.",
            remedy: "Buy the skill here."),
        ProblemEntry(
            "purchase_revoked", 403,
            meaning: "The operator revoked the purchase; detail may say why.",
            remedy: "Ask the operator, or buy the skill again."),
        ProblemEntry(
            "purchase_refunded", 403,
            meaning: "The purchase was refunded.",
            remedy: "Buy the skill again."),
        ProblemEntry(
            "package_not_yours", 403,
            meaning: "Another agent uploaded exactly these files.",
            remedy: "Publish files of your own."),
        ProblemEntry(
            "not_the_owner", 403,
            meaning: "The skill is another agent's.",
            remedy: "Use the key of the agent that published it."),
        ProblemEntry(
            "not_the_buyer", 403,
            meaning: "The other side of the sale may do this.",
            remedy: "Use the key of that side."),
        ProblemEntry(
            "not_the_seller", 403,
            meaning: "The other side of the sale may do this.",
            remedy: "Use the key of that side."),
        ProblemEntry(
            "agent_not_found", 404,
            meaning: "There is none of this name or identifier, or it is not the caller's to see.",
            remedy: "Check the name or the identifier, and whose key was sent."),
        ProblemEntry(
            "skill_not_found", 404,
            meaning: "There is none of this name or identifier, or it is not the caller's to see.",
            remedy: "Check the name or the identifier, and whose key was sent."),
        ProblemEntry(
            "package_not_found", 404,
            meaning: "There is none of this name or identifier, or it is not the caller's to see.",
            remedy: "Check the name or the identifier, and whose key was sent."),
        ProblemEntry(
            "purchase_not_found", 404,
            meaning: "There is none of this name or identifier, or it is not the caller's to see.",
            remedy: "Check the name or the identifier, and whose key was sent."),
        ProblemEntry(
            "secret_not_found", 404,
            meaning: "There is none of this name or identifier, or it is not the caller's to see.",
            remedy: "Check the name or the identifier, and whose key was sent."),
        ProblemEntry(
            "key_not_found", 404,
            meaning: "There is none of this name or identifier, or it is not the caller's to see.",
            remedy: "Check the name or the identifier, and whose key was sent."),
        ProblemEntry(
            "execution_not_found", 404,
            meaning: "There is none of this name or identifier, or it is not the caller's to see.",
            remedy: "Check the name or the identifier, and whose key was sent."),
        ProblemEntry(
            "record_not_found", 404,
            meaning: "There is none of this name or identifier, or it is not the caller's to see.",
            remedy: "Check the name or the identifier, and whose key was sent."),
        ProblemEntry(
            "endpoint_not_found", 404,
            meaning: "The skill has no such endpoint.",
            remedy: "Take one of endpoints.", fields: "endpoints"),
        ProblemEntry(
            "problem_not_found", 404,
            meaning: "There is no such problem code.",
            remedy: "docs/errors.md lists all of them."),
        ProblemEntry(
            "no_such_path", 404,
            meaning: "The API has no such path.",
            remedy: "Take a path of /openapi.json."),
        ProblemEntry(
            "method_not_allowed", 405,
            meaning: "The path has no such method.",
            remedy: "Take a method of the header Allow."),
        ProblemEntry(
            "request_timeout", 408,
            meaning: "The request was not complete in time; the connection closes.",
            remedy: "Send it again, faster.", retryable: "yes"),
        ProblemEntry(
            "name_taken", 409,
            meaning: "The name of an agent or a skill is in use.",
            remedy: "Choose another name.", fields: "field"),
        ProblemEntry(
            "version_exists", 409,
            meaning: "This version was handed in before.",
            remedy: "Raise the version in skill.toml.", fields: "latest"),
        ProblemEntry(
            "version_not_newer", 409,
            meaning: "A new version must be higher than the published one.",
            remedy: "Raise the version above latest.", fields: "latest"),
        ProblemEntry(
            "own_skill", 409,
            meaning: "The buyer owns the skill.",
            remedy: "Call it without a purchase token."),
        ProblemEntry(
            "skill_not_for_sale", 409,
            meaning: "The skill is not published now.",
            remedy: "Ask its seller."),
        ProblemEntry(
            "last_key", 409,
            meaning: "No usable API key would be left.",
            remedy: "Make another key first."),
        ProblemEntry(
            "too_many_keys", 409,
            meaning: "The agent has as many usable keys as it may.",
            remedy: "Revoke one first.", fields: "keysMax"),
        ProblemEntry(
            "reference_reused", 409,
            meaning: "The deposit's or payout's reference stands for another agent or amount.",
            remedy: "Take a reference of its own for each payment.", fields: "reference"),
        ProblemEntry(
            "payout_too_large", 409,
            meaning: "The agent's available balance is below the payout.",
            remedy: "Pay out less, or wait until its runs under way are booked.", fields: "available currency"),
        ProblemEntry(
            "no_top_up", 409,
            meaning: "This node asks for no payments.",
            remedy: "Ask the operator to credit the agent."),
        ProblemEntry(
            "no_subscription", 409,
            meaning: "There is nothing that could go on.",
            remedy: "Buy the skill again."),
        ProblemEntry(
            "subscription_ended", 409,
            meaning: "There is nothing that could go on.",
            remedy: "Buy the skill again."),
        ProblemEntry(
            "license_ended", 409,
            meaning: "There is nothing that could go on.",
            remedy: "Buy the skill again."),
        ProblemEntry(
            "nothing_paid", 409,
            meaning: "Nothing was paid for it, or all was given back.",
            remedy: "Nothing is left to do."),
        ProblemEntry(
            "nothing_to_refund", 409,
            meaning: "Nothing was paid for it, or all was given back.",
            remedy: "Nothing is left to do."),
        ProblemEntry(
            "too_many_refunds", 409,
            meaning: "It was given back in 99 parts.",
            remedy: "Give back all that is left, in one part."),
        ProblemEntry(
            "refund_in_flight", 409,
            meaning: "Other refunds of it are being booked.",
            remedy: "Send the request again shortly.", retryable: "yes"),
        ProblemEntry(
            "nothing_to_upgrade", 409,
            meaning: "The licence is what was asked for already.",
            remedy: "Name a larger licenseType, a larger usageLimit, or both."),
        ProblemEntry(
            "not_an_upgrade", 409,
            meaning: "The licence would become smaller.",
            remedy: "Name a larger licenseType, or a usageLimit above the present one."),
        ProblemEntry(
            "no_usage_limit", 409,
            meaning: "The licence has no usageLimit that could be raised.",
            remedy: "Leave usageLimit out."),
        ProblemEntry(
            "pricing_changed", 409,
            meaning: "The skill is paid for in another way than when the licence was bought.",
            remedy: "Buy the licence you need anew."),
        ProblemEntry(
            "renewal_due", 409,
            meaning: "The subscription's present period is not paid yet.",
            remedy: "Add credit, and upgrade once it is renewed."),
        ProblemEntry(
            "amount_too_large", 409,
            meaning: "The upgrade would cost more than can be booked.",
            remedy: "Buy the licence you need anew."),
        ProblemEntry(
            "upgrade_impossible", 409,
            meaning: "The upgrade is no payment that can be booked.",
            remedy: "Buy the licence you need anew."),
        ProblemEntry(
            "upgrade_in_flight", 409,
            meaning: "Other changes of the licence are being booked.",
            remedy: "Send the request again shortly.", retryable: "yes"),
        ProblemEntry(
            "refund_impossible", 409,
            meaning: "The refund is no payment that can be booked.",
            remedy: "Refund less."),
        ProblemEntry(
            "request_in_flight", 409,
            meaning: "A request with this Idempotency-Key is being answered or booked.",
            remedy: "Send the request again after Retry-After.", retryable: "yes"),
        ProblemEntry(
            "conflict", 409,
            meaning: "The store refused the write; detail says why.",
            remedy: "Look at the thing again before another attempt."),
        ProblemEntry(
            "result_not_kept", 410,
            meaning: "The run took place and was answered; there was no room to keep its result.",
            remedy: "Take usage and receipt from here; send the call again with a new key for another result.",
            fields: "verdict usage receipt"),
        ProblemEntry(
            "body_too_large", 413,
            meaning: "The body is over the limit of the call; the connection closes.",
            remedy: "Send at most bytesMax bytes.", fields: "bytesMax"),
        ProblemEntry(
            "package_too_large", 413,
            meaning: "The archive, a file in it, their sum, number or ratio is over its limit.",
            remedy: "Leave out what the skill does not need.", fields: "entry"),
        ProblemEntry(
            "invalid_field", 422,
            meaning: "A field of the body or of skill.toml is missing, wrong or unknown.",
            remedy: "Correct field as message says; suggestion is the name that was probably meant.",
            fields: "field message suggestion"),
        ProblemEntry(
            "payload_invalid", 422,
            meaning: "The payload does not fit the endpoint's schema.",
            remedy: "Correct every violation; GET /api/v1/skills/{skill} shows the schema.", fields: "violations"),
        ProblemEntry(
            "units_invalid", 422,
            meaning: "The payload does not say for how many units it is.",
            remedy: "Put the count where pointer says, from 1 to max.", fields: "pointer max"),
        ProblemEntry(
            "gifts_not_possible", 422,
            meaning: "A licence belongs to the agent that buys it, and the purchase named another one.",
            remedy: "Remove the field; the other agent buys with its own key.", fields: "field"),
        ProblemEntry(
            "refund_too_large", 422,
            meaning: "The amount is zero, or more than is left of what was paid.",
            remedy: "Refund at most left.", fields: "left currency"),
        ProblemEntry(
            "idempotency_key_reused", 422,
            meaning: "The Idempotency-Key was used with another body.",
            remedy: "Take a new key for a new request."),
        ProblemEntry(
            "package_refused", 422,
            meaning: "An entry of the archive is not accepted, such as a link that leaves it.",
            remedy: "Leave the entry out, or make it a plain file.", fields: "entry"),
        ProblemEntry(
            "profile_not_found", 422,
            meaning: "The skill asks for a profile that this node does not have for skills.",
            remedy: "Take one of profiles.", fields: "profiles"),
        ProblemEntry(
            "skill_test_failed", 422, 503,
            meaning: "A test of skill.toml failed at publish; with 503 no sandbox could be built for it.",
            remedy: "Run clawrunner skill test, and correct what it says.", retryable: "with 503",
            fields: "test verdict stderr"),
        ProblemEntry(
            "rate_limited", 429,
            meaning: "Too many requests; policy says against which limit they count.",
            remedy: "Wait for Retry-After.", retryable: "yes", fields: "policy"),
        ProblemEntry(
            "license_concurrency_reached", 429,
            meaning: "As many runs go on as the kind of licence allows.",
            remedy: "Wait for one of them, or buy a larger licence.", retryable: "yes", fields: "concurrentRunsMax"),
        ProblemEntry(
            "idempotency_store_full", 429,
            meaning: "The agent's stored outcomes take all the room they may.",
            remedy: "Send the request without a key, or later.", retryable: "yes", fields: "storedBytes"),
        ProblemEntry(
            "header_too_large", 431,
            meaning: "The header fields together are too long; the connection closes.",
            remedy: "Send fewer or shorter header fields."),
        ProblemEntry(
            "internal_error", 500,
            meaning: "A fault of the daemon; its log has the request's identifier.",
            remedy: "Tell the operator the identifier in instance."),
        ProblemEntry(
            "failed", 502,
            meaning: "The skill ended with a status other than 0.",
            remedy: "Ask the seller; exitCode is the status.", fields: "verdict usage receipt exitCode"),
        ProblemEntry(
            "signaled", 502,
            meaning: "The skill was ended by a signal that was not a limit's.",
            remedy: "Ask the seller.", fields: "verdict usage receipt signal"),
        ProblemEntry(
            "memory_limit", 502,
            meaning: "The run took more memory than its limit.",
            remedy: "Send less work, or ask the seller.", fields: "verdict usage receipt"),
        ProblemEntry(
            "pids_limit", 502,
            meaning: "The run started more processes and threads than its limit.",
            remedy: "Ask the seller.", fields: "verdict usage receipt"),
        ProblemEntry(
            "output_limit", 502,
            meaning: "The run wrote more than its limit.",
            remedy: "Send less work, or ask the seller.", fields: "verdict usage receipt"),
        ProblemEntry(
            "file_size_limit", 502,
            meaning: "The run wrote a file larger than its limit.",
            remedy: "Send less work, or ask the seller.", fields: "verdict usage receipt"),
        ProblemEntry(
            "syscall_denied", 502,
            meaning: "The run was ended for a system call that its profile refuses.",
            remedy: "Ask the seller; syscall is the call.", fields: "verdict usage receipt syscall"),
        ProblemEntry(
            "invalid_response", 502,
            meaning: "The skill's output is not one JSON value, or not what it declares.",
            remedy: "Ask the seller.", fields: "verdict usage receipt reason"),
        ProblemEntry(
            "overloaded", 503,
            meaning: "The call was not run and nothing was booked; reason says what is short.",
            remedy: "Wait for Retry-After.", retryable: "yes", fields: "reason"),
        ProblemEntry(
            "secret_missing", 503,
            meaning: "The seller has not set a secret that the skill declares; nothing was held.",
            remedy: "Ask the seller to set it.", retryable: "yes", fields: "secret"),
        ProblemEntry(
            "secret_unusable", 503,
            meaning: "The skill's secrets cannot be decrypted.",
            remedy: "The seller must set them again."),
        ProblemEntry(
            "not_booked", 503,
            meaning: "The skill ran, but the run is not booked yet; instance is its URL.",
            remedy:
                "Send the same request with the same Idempotency-Key after Retry-After; without a key the answer is lost and not charged.",
            retryable: "yes"),
        ProblemEntry(
            "interrupted", 503,
            meaning: "The daemon died during the run; nothing was charged.",
            remedy: "Send the call again with a new Idempotency-Key.", retryable: "with a new key",
            fields: "verdict usage receipt"),
        ProblemEntry(
            "store_unavailable", 503,
            meaning: "The database cannot work now, or earlier runs are not booked; nothing was run or booked.",
            remedy: "Wait for Retry-After.", retryable: "yes"),
        ProblemEntry(
            "store_corrupt", 503,
            meaning: "What the database holds cannot be read; nothing was booked.",
            remedy: "The operator must look at it: clawrunner ledger verify."),
        ProblemEntry(
            "storage_low", 503,
            meaning: "The node's disk is nearly full; nothing was run, bought or stored.",
            remedy: "The operator must make room.", retryable: "yes", fields: "freeBytes freeBytesMin"),
        ProblemEntry(
            "journal_unavailable", 503,
            meaning: "The hold could not be written down; nothing was run or booked.",
            remedy: "Wait for Retry-After.", retryable: "yes"),
        ProblemEntry(
            "package_store_unavailable", 503,
            meaning: "The package's files could not be written or read.",
            remedy: "Send the request again shortly.", retryable: "yes"),
        ProblemEntry(
            "not_ready", 503,
            meaning: "The daemon is starting or stopping.",
            remedy: "Wait for Retry-After.", retryable: "yes"),
        ProblemEntry(
            "cancelled", 503,
            meaning:
                "The call was cancelled: its client went away or asked for it, or the daemon stopped. With usage the run had begun.",
            remedy: "Send the call again if it is still wanted.", retryable: "yes", fields: "verdict usage receipt"),
        ProblemEntry(
            "launch_failed", 503,
            meaning:
                "No sandbox could be built for the run, which is never billed, or for a scanner of what is published.",
            remedy: "Send the call again; if it goes on, tell the operator reason and layer.", retryable: "yes",
            fields: "verdict usage receipt layer reason"),
        ProblemEntry(
            "timeout", 504,
            meaning: "The run took longer than its wall time limit.",
            remedy: "Send less work, or ask the seller.", fields: "verdict usage receipt"),
        ProblemEntry(
            "cpu_limit", 504,
            meaning: "The run took more processor time than its limit.",
            remedy: "Send less work, or ask the seller.", fields: "verdict usage receipt"),
    ]

    private static let ofOperators: [ProblemEntry] = [
        ProblemEntry(
            "address_not_allowed", 403, meaning: "The key may not be used from this address.",
            remedy: "Call from an address that the key names, or make a key for this one."),
        ProblemEntry(
            "agent_banned", 403, meaning: "The operator has barred this agent; all its keys are refused.",
            remedy: "Ask the operator."),
        ProblemEntry(
            "agent_deactivated", 403, meaning: "This agent was deactivated.",
            remedy: "Ask the operator to let it in again."
        ),
        ProblemEntry(
            "not_the_agent", 403, meaning: "The agent is another one; each changes only itself.",
            remedy: "Use the key of that agent."),
        ProblemEntry(
            "scope_missing", 403, meaning: "The key has not the scope that is needed here.",
            remedy: "Use a key that has it, or make one.", fields: "scope scopes"),
        ProblemEntry(
            "seller_banned", 403, meaning: "The operator has barred the skill's seller: it is neither sold nor run.",
            remedy: "Take another skill."),
        ProblemEntry(
            "pause_not_found", 404, meaning: "Nothing of that kind is paused.",
            remedy: "GET /api/v1/admin/pauses lists what is."),
        ProblemEntry(
            "balance_left", 409, meaning: "The agent has money left, which leaving would give up.",
            remedy: "Spend it, have the operator pay it out, or leave it with leaveBalance=true.", fields: "balances"),
        ProblemEntry(
            "paused", 503, meaning: "The operator has paused this; reason says why.",
            remedy: "Wait for Retry-After.", retryable: "yes", fields: "paused reason"),
    ]

    private static let ofReviewsAndWorkflows: [ProblemEntry] = [
        ProblemEntry(
            "too_many_later_runs", 429,
            meaning: "As many runs of the agent go on as may that were answered 202.",
            remedy: "Wait for one of them, or cancel it.", retryable: "yes", fields: "runsMax"),
        ProblemEntry(
            "execution_ended", 409, meaning: "The run has ended, so it cannot be cancelled.",
            remedy: "GET /api/v1/executions/{execution} shows how it ended."),
        ProblemEntry(
            "review_not_allowed", 403,
            meaning: "Only who bought the skill and ran it with success speaks about it, and not its seller.",
            remedy: "Buy and run the skill first."),
        ProblemEntry(
            "not_the_reviewer", 403, meaning: "The review is another agent's.",
            remedy: "Use the key of the agent that wrote it."),
        ProblemEntry(
            "review_not_found", 404, meaning: "There is no such review of this skill.",
            remedy: "Take an identifier of GET /api/v1/skills/{skill}/reviews."),
        ProblemEntry(
            "step_not_found", 404, meaning: "A step of the workflow names a skill or an endpoint that does not exist.",
            remedy: "Correct the step in skill.toml.", fields: "step"),
        ProblemEntry(
            "review_exists", 409, meaning: "The caller reviewed that version before.",
            remedy: "Change that review instead.", fields: "version"),
        ProblemEntry(
            "workflow_version_changed", 409,
            meaning: "The key's workflow was cut off by a crash, in another version than the published one.",
            remedy: "Begin anew with another Idempotency-Key.", fields: "version"),
        ProblemEntry(
            "workflow_unfunded", 503, meaning: "The workflow's author cannot pay its steps now; nothing was charged.",
            remedy: "Send the call again later.", retryable: "yes"),
        ProblemEntry(
            "step_unlicensed", 503, meaning: "The workflow's author has no usable licence for a step any more.",
            remedy: "Ask the workflow's seller.", fields: "step skill"),
        ProblemEntry(
            "step_price_too_large", 503, meaning: "A step of the workflow may cost more than can be held.",
            remedy: "Ask the workflow's seller.", fields: "step"),
    ]

    static let byCode = Dictionary(all.map { ($0.code, $0) }, uniquingKeysWith: { first, _ in first })

    private static let ofSignatures: [ProblemEntry] = [
        ProblemEntry(
            "signature_required", 401, meaning: "The API key only works with a signature, and none came.",
            remedy: "Sign the request with the private key that belongs to it (RFC 9421)."),
        ProblemEntry(
            "signature_unexpected", 401, meaning: "A signature came with an API key that has no public key.",
            remedy: "Leave it out, or make a key with publicKey."),
        ProblemEntry(
            "signature_malformed", 401, meaning: "Signature-Input or Signature cannot be read.",
            remedy: "Send one signature of Ed25519 with created, nonce and keyid; detail says what is wrong."),
        ProblemEntry(
            "signature_incomplete", 401,
            meaning: "The signature leaves out what it must cover, or covers what is not there.",
            remedy: "Cover what detail names."),
        ProblemEntry(
            "signature_wrong", 401, meaning: "It is not the key owner's signature of this request.",
            remedy:
                "Compare what you sign with the signature base of RFC 9421, section 2.5; keyid is the API key's identifier."
        ),
        ProblemEntry(
            "signature_expired", 401, meaning: "The signature was not made within the last five minutes.",
            remedy: "Set your clock, and sign when you send."),
        ProblemEntry(
            "signature_replayed", 401, meaning: "The signature's nonce was used before.",
            remedy: "Sign each request anew, each time with another nonce."),
        ProblemEntry(
            "digest_mismatch", 401, meaning: "The body is not the one whose Content-Digest was signed.",
            remedy: "Send the body as it was when its digest was taken."),
        ProblemEntry(
            "signature_forgotten", 503,
            meaning:
                "The signature is older than what the daemon remembers of nonces, as all are in the first seconds after "
                + "its start.", remedy: "Sign the request again and send it after Retry-After."),
    ]
}
