enum ExecutionNodePlaceholder {}
