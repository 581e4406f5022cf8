/**
 * Models of the Hugging Face hub by their names. {@link gpt2j.hub.Hub#resolve} gives the folder of
 * one, from the cache that is shared with {@code huggingface_hub}, or downloaded there:
 *
 * <pre>{@code
 * Hub hub = Hub.of(System.getenv());
 * Path folder = hub.resolve(HubModel.parse("openai-community/gpt2"), HubListener.NONE);
 * }</pre>
 */
@NullMarked
package gpt2j.hub;

import org.jspecify.annotations.NullMarked;
