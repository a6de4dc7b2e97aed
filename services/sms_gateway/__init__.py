"""What services share of the HTTP gateway for texts (docs/sms-gateway.md): names, signature, texts of customers."""
