/**
 * The service provider interface between a model and the hardware it runs on. A model allocates
 * tensors, hands over its weights and queues {@link gpt2j.api.Operations}; a {@link
 * gpt2j.api.Backend} decides where memory lies and how an operation is computed.
 */
@NullMarked
package gpt2j.api;

import org.jspecify.annotations.NullMarked;
