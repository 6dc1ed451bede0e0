def handler(endpoint, payload, context):
    return {"bytes": len(payload["text"])}
