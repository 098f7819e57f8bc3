COMPLAINTS = ("hurt", "pain", "ache", "fever", "cough", "dizzy", "sick", "tired")


def under_twenty(message, symptoms):
    if any(word in message.lower() for word in COMPLAINTS):
        symptoms.append(message)
    return symptoms
