enum SandboxProtocolPlaceholder {}
