'use strict';

// handler is a message review handler as its author would write it.
module.exports.handler = async (event) => {
  if (event.Content.includes('throw')) throw new Error('the function failed');
  if (event.Content.includes('spam')) {
    return { ReviewResult: 'DENY', Content: '', Attributes: { Reason: 'no spam here' } };
  }
  return {
    ReviewResult: 'ALLOW',
    Content: event.Content.replace('darn', '****'),
    Attributes: { ...event.Attributes, from: event.Sender.UserId, ip: event.Sender.Ip },
  };
};
